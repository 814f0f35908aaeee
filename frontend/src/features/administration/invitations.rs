//! The invitations: new links, and the people who came by them.

use leptos::prelude::*;
use madang_shared::administration::{
    AdministrationAct, INVITATION_PAGE, INVITATIONS_PATH, InvitationsPage, ListedInvitation,
    MAX_NOTE_CHARS, NewInvitation,
};
use madang_shared::roles::Role;

use super::loading::{ActState, draw_loaded, load, more_button};
use super::shown_link::shown_link;
use super::strings::{ROLE, role_name, uses};
use crate::i18n::{Words, use_lang};
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{part, text};
use crate::ui::erased::signal::state;

const PEOPLE: Words = Words::new("몇 명까지", "For how many people");
const DAYS: Words = Words::new("며칠 동안", "For how many days");
const NOTE: Words = Words::new("메모", "Note");
const MAKE: Words = Words::new("초대 링크 만들기", "Make an invitation link");
const LINK: Words = Words::new("초대 링크", "Invitation link");
const REVOKE: Words = Words::new("취소", "Revoke");
const REVOKED: Words = Words::new("취소됨", "Revoked");
const NONE: Words = Words::new("아직 초대가 없습니다.", "There are no invitations yet.");

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The part of the page.
pub(super) fn invitations() -> AnyView {
    let before = state(None::<u64>);
    let invitations = load::<InvitationsPage>(move || match before.get() {
        Some(before) => format!("{INVITATIONS_PATH}?before={before}"),
        None => INVITATIONS_PATH.to_owned(),
    });
    let times = Times::new();
    view! {
        {form()}
        {draw_loaded(invitations, move |page| {
            if page.invitations.is_empty() {
                return view! { <p class="hint">{NONE.now()}</p> }.into_any();
            }
            let last = page.invitations.last().map(|last| last.id);
            let rows = page.invitations.into_iter().map(|it| row(it, times)).collect_view();
            view! {
                <ul class="admin-list" data-testid="invitations">{rows}</ul>
                {more_button(page.more, move || before.set(last))}
            }
            .into_any()
        })}
    }
    .into_any()
}

fn form() -> AnyView {
    let act: ActState = expect_context();
    let (role, people, days, note) =
        (state(Role::Member), state(1_u32), state(7_u64), state(String::new()));
    let link = state(None::<String>);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let invitation = NewInvitation {
            role: role.get_untracked(),
            uses: people.get_untracked(),
            lasts_ms: Some(days.get_untracked().saturating_mul(DAY_MS)),
            rooms: Vec::new(),
            note: note.get_untracked(),
        };
        act.send(AdministrationAct::Invite(invitation), String::new(), move |answer| {
            let origin = window().location().origin().unwrap_or_default();
            link.set(answer.token.map(|token| format!("{origin}{INVITATION_PAGE}#{token}")));
        });
    };
    let options = Role::ALL.iter().rev().map(|it| {
        view! { <option value=it.name() selected=*it == Role::Member>{role_name(*it).now()}</option> }
    });
    let choose = move |event| {
        if let Some(chosen) = Role::parse(&event_target_value(&event)) {
            role.set(chosen);
        }
    };
    view! {
        <form class="admin-form" on:submit=events::submit(submit)>
            <label class="admin-field">
                <span class="label">{ROLE.now()}</span>
                <select class="field" data-testid="invite-role" on:change=events::change(choose)>{options.collect_view()}</select>
            </label>
            <label class="admin-field">
                <span class="label">{PEOPLE.now()}</span>
                <input class="field" type="number" min="1" max="1000" value="1" data-testid="invite-uses" on:input=events::change(move |event| people.set(event_target_value(&event).parse().unwrap_or(1))) />
            </label>
            <label class="admin-field">
                <span class="label">{DAYS.now()}</span>
                <input class="field" type="number" min="1" max="366" value="7" data-testid="invite-days" on:input=events::change(move |event| days.set(event_target_value(&event).parse().unwrap_or(7))) />
            </label>
            <label class="admin-field admin-wide">
                <span class="label">{NOTE.now()}</span>
                <input class="field" dir="auto" maxlength=MAX_NOTE_CHARS.to_string() data-testid="invite-note" on:input=events::change(move |event| note.set(event_target_value(&event))) />
            </label>
            <button class="button button-strong" data-testid="invite-make">{MAKE.now()}</button>
        </form>
        {part(move || link.get().map_or_else(|| ().into_any(), |link| shown_link("invite-link", LINK, link)))}
    }
    .into_any()
}

fn row(invitation: ListedInvitation, times: Times) -> AnyView {
    let act: ActState = expect_context();
    let lang = use_lang();
    let id = invitation.id;
    let (used, of, made_at) = (invitation.people.len(), invitation.uses, invitation.made_at);
    let about = text(move || {
        let lang = lang.get();
        format!("{} · {}", uses(lang, used, of), times.narrow(lang, made_at))
    });
    let revoke = move |_| {
        let act_of = AdministrationAct::RevokeInvitation { invitation: id };
        act.send(act_of, String::new(), |_| ());
    };
    let names: Vec<String> = invitation.people.into_iter().map(|user| user.name).collect();
    let button = if invitation.revoked_at.is_some() {
        view! { <span class="tag">{REVOKED.now()}</span> }.into_any()
    } else {
        view! {
            <button class="button" data-testid=format!("revoke-{id}") on:click=events::click_once(revoke)>{REVOKE.now()}</button>
        }
        .into_any()
    };
    view! {
        <li class="admin-row" data-testid=format!("invitation-{id}")>
            <div class="admin-about">
                <span class="admin-name">{role_name(invitation.role).now()}</span>
                <span class="user-text" dir="auto">{invitation.note}</span>
                <p class="hint">{about}</p>
                <p class="hint user-text" dir="auto">{names.join(", ")}</p>
            </div>
            {button}
        </li>
    }
    .into_any()
}
