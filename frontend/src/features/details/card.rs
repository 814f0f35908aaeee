//! The card of a person. It is in the lazy part of the app.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::Slice;
use madang_shared::people::person_path;
use madang_shared::profile::{Person, Profile};
use madang_shared::roles::Role;
use madang_shared::{Timestamp, User, UserId};

use super::members::fetch;
use crate::browser::{self, set_length};
use crate::composer::append_to_composer;
use crate::context::{AppContext, View, use_app};
use crate::features::profile::{local_time, status_line};
use crate::i18n::{Lang, Words, tr, use_lang};
use crate::session;
use crate::time::Times;
use crate::ui::avatar::avatar;
use crate::ui::dialog;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{derived, flag, part, text};
use crate::ui::erased::signal::state;

const TITLE_ID: &str = "person-card-title";
/// The card overlaps an opener that is wider, such as a row of the timeline, in pixels.
const WIDE_OPENER: f64 = 240.0;
const HERE: Words = Words::new("지금 이 방에 있어요", "In this room now");
const MENTION: Words = Words::new("부르기", "Mention");
const AWAY: Words = Words::new("지금은 이 방에 없어요", "Not in this room now");

/// The dialog with the card of the person whose name was pressed.
pub(crate) fn person_card() -> AnyView {
    let app = use_app();
    dialog::menu("dialog menu person-card", app.card_open, TITLE_ID, move || {
        place_beside_opener();
        app.card.get_untracked().map_or_else(|| ().into_any(), |user| card(app, &user))
    })
}

/// Sets the place of the card: beside the element that opened it, on the side with more room.
fn place_beside_opener() {
    let (Some(page), Some(opener)) = (browser::root(), browser::focused()) else { return };
    let (opener, page_width) = (opener.get_bounding_client_rect(), f64::from(page.client_width()));
    let (near, far, distance) = if opener.left() * 2.0 < page_width {
        ("--card-left", "--card-right", opener.right().min(opener.left() + WIDE_OPENER))
    } else {
        ("--card-right", "--card-left", page_width - opener.left())
    };
    // Fails only for an element without a style of its own.
    page.style().remove_property(far).ok();
    set_length(&page, near, distance);
    set_length(&page, "--card-top", opener.top());
}

fn card(app: AppContext, user: &User) -> AnyView {
    let store = app.driver.store();
    let lang = use_lang();
    let times = Times::new();
    let id = user.id;
    let is_here = memo(move || {
        store.read(Slice::Presence, |client| client.features().presence().contains(id))
    });
    let since = state(None::<Timestamp>);
    if let Some(room) = app.view.with_untracked(|view| view.room().map(|room| room.id)) {
        spawn_local(async move {
            // The page begins with this member. Without an answer, the card does not show the time.
            let page = fetch(room, Some(UserId(id.0.saturating_sub(1)))).await.ok();
            let member = page.and_then(|page| page.members.into_iter().next());
            since.try_set(member.filter(|member| member.user.id == id).and_then(|it| it.since));
        });
    }
    let joined = text(move || {
        let lang = lang.get();
        since.get().map(|since| member_since(lang, &times.narrow(lang, since))).unwrap_or_default()
    });
    let state_words = derived(move || if is_here.get() { HERE } else { AWAY }.of(lang.get()));
    let in_room = app.view.with_untracked(|view| matches!(view, View::Room(_)));
    let person = state(None::<Person>);
    spawn_local(async move {
        // Without an answer, as for a person who may not be known any more, the card has the handle alone.
        let answer = session::load::<Person>(&person_path(id)).await.ok();
        person.try_set(answer);
    });
    // The details of the open room are current; elsewhere the answer is.
    let profile = memo(move || {
        let listed =
            store.read(Slice::Details, |client| client.features().details().profile(id).cloned());
        let answered = person.get().map(|person| person.profile);
        listed.or(answered).unwrap_or_else(|| Profile::blank(id))
    });
    let handle_of = user.clone();
    let shown = memo(move || {
        let name = profile.get().name;
        if name.is_empty() { handle_of.name.clone() } else { name }
    });
    let handle = format!("@{}", user.name);
    let status = text(move || status_line(&profile.get()));
    let local = text(move || {
        let zone = profile.get().time_zone;
        let lang = lang.get();
        let time =
            Some(zone).filter(|zone| !zone.is_empty()).and_then(|zone| local_time(lang, &zone));
        time.map(|time| local_line(lang, &time)).unwrap_or_default()
    });
    let role = text(move || {
        person
            .get()
            .and_then(|person| role_name(person.role))
            .map(|it| it.of(lang.get()))
            .unwrap_or_default()
            .to_owned()
    });
    let you = (id == store.me().id).then(|| view! { <span class="tag">{tr(|t| t.you)}</span> });
    let name = user.name.clone();
    let mention = move |_| {
        app.card_open.set(false);
        app.show_members(false);
        let mention = format!("@{name} ");
        // The card gives the focus back first.
        request_animation_frame(move || append_to_composer(&mention));
    };
    let mention = (in_room && id != store.me().id).then(|| {
        view! { <button class="button button-strong" data-testid="mention-person" on:click=events::click_once(mention)>{MENTION.now()}</button> }
    });
    view! {
        <div class="person-card-head" data-testid="person-card">
            {part(move || avatar(&User { id, name: shown.get() }))}
            <div>
                <h2 id=TITLE_ID class="menu-title"><span class="isolated" translate="no" data-testid="person-shown">{text(move || shown.get())}</span>{you}</h2>
                <p class="person-handle"><span class="isolated" translate="no" data-testid="person-handle">{handle}</span></p>
                <p class="person-status user-text" dir="auto" data-testid="person-status">{status}</p>
                <p class="person-local" data-testid="person-local">{local}</p>
                <p class="hint" data-testid="person-role">{role}</p>
                {in_room.then(|| view! { <p class="person-state" data-here=flag(move || is_here.get())>{state_words}</p> })}
                <p class="hint" data-testid="member-since">{joined}</p>
            </div>
        </div>
        <div class="dialog-actions">
            {mention}
            <button class="button" data-testid="person-card-close" autofocus on:click=events::click(move |_| app.card_open.set(false))>{tr(|t| t.close)}</button>
        </div>
    }
    .into_any()
}

fn local_line(lang: Lang, time: &str) -> String {
    match lang {
        Lang::Ko => format!("현지 시각 {time}"),
        Lang::En => format!("Local time {time}"),
    }
}

/// The role in the workspace; none for that of most people.
fn role_name(role: Role) -> Option<Words> {
    match role {
        Role::Owner => Some(Words::new("소유자", "Owner")),
        Role::Administrator => Some(Words::new("관리자", "Administrator")),
        Role::Guest => Some(Words::new("손님", "Guest")),
        Role::Member => None,
    }
}

fn member_since(lang: Lang, when: &str) -> String {
    match lang {
        Lang::Ko => format!("{when}부터 멤버"),
        Lang::En => format!("Member since {when}"),
    }
}
