//! The view of a room's managers, in the menu of the room: name, facts, invitations, members, deletion.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::Slice;
use madang_shared::details::{MembersPage, RoomMember, members_path};
use madang_shared::roles::{History, Posting, RoomRole};
use madang_shared::rooms::{Room, RoomChange, RoomsCommand};
use madang_shared::{RoomId, User, UserId, validate};

use super::people::people_choice;
use crate::browser;
use crate::context::{AppContext, use_app};
use crate::features::moderation::{
    REASON_FOR_PERSON, USUAL_DURATION_MS, duration_choice, reason_input,
};
use crate::i18n::{CANCEL, Lang, Words, isolated, use_lang};
use crate::session;
use crate::ui::avatar::avatar;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, effect, flag, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::name_form::{NameFieldOptions, NameForm};

const NAME: Words = Words::new("방 이름", "Room name");
const SAVE: Words = Words::new("저장", "Save");
const ANNOUNCEMENTS: Words =
    Words::new("관리자만 쓰기 (공지 방)", "Only managers write (announcements)");
const HISTORY: Words =
    Words::new("새 멤버에게 지난 이야기 숨기기", "Hide earlier messages from new members");
const ARCHIVED: Words = Words::new("보관 (읽기만 가능)", "Archived (read only)");
const INVITE: Words = Words::new("초대하기", "Invite");
const MEMBERS: Words = Words::new("멤버", "Members");
const MUTE: Words = Words::new("글쓰기 막기", "Mute");
const END_MUTE: Words = Words::new("바로 풀기", "End now");
const REMOVE: Words = Words::new("내보내기", "Remove");
const DELETE: Words = Words::new("방 지우기", "Delete room");
const DELETE_ASK: Words = Words::new(
    "메시지가 모두 지워지고 되돌릴 수 없습니다.",
    "All messages are erased. This cannot be undone.",
);
const DELETE_SURE: Words = Words::new("모두 지우기", "Erase everything");
const ROLES: [(RoomRole, Words); 3] = [
    (RoomRole::Reader, Words::new("읽기만", "Reader")),
    (RoomRole::Member, Words::new("멤버", "Member")),
    (RoomRole::Manager, Words::new("관리자", "Manager")),
];

/// Finds the role of the user in a room: the first member after the user before.
pub(crate) fn own_role(room: RoomId, me: UserId, found: impl FnOnce(RoomRole) + 'static) {
    let before = me.0.checked_sub(1).map(UserId);
    spawn_local(async move {
        let page = session::load::<MembersPage>(&members_path(room, before)).await;
        // Without an answer, the menu has no entry for managers.
        let own = page.ok().and_then(|page| page.members.into_iter().next());
        if let Some(own) = own.filter(|own| own.user.id == me) {
            found(own.role);
        }
    });
}

/// The view.
pub(crate) fn manage_room(
    room: RoomId,
    close: impl Fn() + Copy + Send + Sync + 'static,
) -> AnyView {
    let app = use_app();
    let store = app.driver.store();
    let facts = memo(move || {
        store.read(Slice::Unread, |client| client.features().memberships().room(room).cloned())
    });
    let change = move |change| app.driver.command(RoomsCommand::Change { room, change });
    let is = move |read: fn(&Room) -> bool| facts.with(|facts| facts.as_ref().is_some_and(read));
    let is_announcing = move || is(|room| room.posting == Posting::Managers);
    let hides_history = move || is(|room| room.history == History::Joined);
    let is_archived = move || is(|room| room.archived);
    let asking = state(false);
    let delete = move || {
        view! {
            <p class="error" role="alert">{DELETE_ASK.now()}</p>
            <button class="button button-danger" data-testid="room-delete-confirm" on:click=events::click_once(move |_| {
                app.driver.command(RoomsCommand::Delete { room });
                close();
            })>{DELETE_SURE.now()}</button>
        }
        .into_any()
    };
    view! {
        <div class="manage-room" data-testid="manage-room">
            {name_form(app, room)}
            <ul class="menu-items">
                {switch("room-announcements", ANNOUNCEMENTS, is_announcing, move || {
                    change(RoomChange::Posting(if is_announcing() { Posting::Members } else { Posting::Managers }));
                })}
                {switch("room-history", HISTORY, hides_history, move || {
                    change(RoomChange::History(if hides_history() { History::All } else { History::Joined }));
                })}
                {switch("room-archive", ARCHIVED, is_archived, move || change(RoomChange::Archived(!is_archived())))}
            </ul>
            {invitations(app, room)}
            {member_list(app, room)}
            <div class="dialog-actions">
                <button class="button button-danger" data-testid="room-delete" aria-expanded=flag(move || asking.get()) on:click=events::click(move |_| asking.set(!asking.get_untracked()))>{DELETE.now()}</button>
            </div>
            {when(move || asking.get(), delete)}
        </div>
    }
    .into_any()
}

fn name_form(app: AppContext, room: RoomId) -> AnyView {
    let lang = use_lang();
    let form = NameForm::new();
    let mut is_new = true;
    effect(move || {
        if let Some(input) = form.input.get()
            && std::mem::replace(&mut is_new, false)
        {
            let name = app.driver.store().peek(|client| {
                let room = client.features().memberships().room(room);
                room.map(|room| room.name.clone()).unwrap_or_default()
            });
            input.set_value(&name);
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match validate::room_name(&form.text()) {
            Err(refused) => form.refuse(refused),
            // A refusal of the server is shown as a banner.
            Ok(name) => {
                app.driver.command(RoomsCommand::Change { room, change: RoomChange::Name(name) });
            }
        }
    };
    let error = text(move || {
        let lang = lang.get();
        form.failure
            .with(|failure| failure.as_ref().map(|it| lang.room_refusal(it)).unwrap_or_default())
    });
    let options = NameFieldOptions {
        id: "room-name",
        test_id: "room-name",
        error_id: "room-name-error",
        error_test_id: "room-name-error",
        described_by: "room-name-error",
        autocomplete: "off",
        label: NAME.now(),
        error,
    };
    view! {
        <form on:submit=events::submit(submit) novalidate>
            {form.field(options)}
            <button type="submit" class="button" data-testid="room-name-save">{SAVE.now()}</button>
        </form>
    }
    .into_any()
}

fn switch(
    id: &'static str,
    name: Words,
    on: impl Fn() -> bool + Send + Sync + 'static,
    toggle: impl Fn() + 'static,
) -> AnyView {
    view! {
        <li>
            <button class="menu-item menu-switch" role="switch" data-testid=id aria-checked=flag(on) on:click=events::click(move |_| toggle())>
                <span>{name.now()}</span>
                <span class="switch" aria-hidden="true"></span>
            </button>
        </li>
    }
    .into_any()
}

fn invitations(app: AppContext, room: RoomId) -> AnyView {
    let chosen = state(Vec::<User>::new());
    let invite = move || {
        for user in chosen.get_untracked() {
            let role = RoomRole::Member;
            app.driver.command(RoomsCommand::Invite { room, user: user.id, role });
        }
        chosen.set(Vec::new());
    };
    let button = move || {
        view! { <button class="button button-strong" data-testid="room-invite" on:click=events::click_once(move |_| invite())>{INVITE.now()}</button> }.into_any()
    };
    view! {
        <h3 class="label">{INVITE.now()}</h3>
        {people_choice(chosen)}
        {when(move || !chosen.with(Vec::is_empty), button)}
    }
    .into_any()
}

/// The first members, with their roles.
fn member_list(app: AppContext, room: RoomId) -> AnyView {
    let store = app.driver.store();
    let members = state(Vec::<RoomMember>::new());
    effect(move || {
        // The events of the details say that somebody has come, gone, or has another role.
        store.read(Slice::Details, |_| ());
        spawn_local(async move {
            // A failed request leaves the list as it is.
            if let Ok(page) = session::load::<MembersPage>(&members_path(room, None)).await {
                members.try_set(page.members);
            }
        });
    });
    let asked = Restriction {
        of: state(None),
        reason: state(String::new()),
        lasts_ms: state(USUAL_DURATION_MS),
    };
    let item = move |member: RoomMember| {
        let key = member.user.id.0 * 4 + member.role as u64;
        Item::new(key, move || member_row(app, room, asked, &member))
    };
    view! {
        <h3 class="label">{MEMBERS.now()}</h3>
        <ul class="people-choice" data-testid="room-members">{each(derived(move || members.get().into_iter().map(item).collect()))}</ul>
        {part(move || asked.of.get().map_or_else(|| ().into_any(), |(act, user)| restriction(app, room, asked, (act, user))))}
    }
    .into_any()
}

/// An act against a member, with a reason.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RestrictionAct {
    Mute,
    Remove,
}

/// The act that is asked for. Copies are the same.
#[derive(Clone, Copy)]
struct Restriction {
    of: State<Option<(RestrictionAct, User)>>,
    reason: State<String>,
    lasts_ms: State<u64>,
}

/// The form of an act against a member.
fn restriction(
    app: AppContext,
    room: RoomId,
    asked: Restriction,
    (act, user): (RestrictionAct, User),
) -> AnyView {
    let lang = use_lang();
    let id = user.id;
    let words = if act == RestrictionAct::Mute { MUTE } else { REMOVE };
    let title = text(move || format!("{}: {}", words.of(lang.get()), isolated(&user.name)));
    let is_ready = move || asked.reason.with(|reason| !reason.trim().is_empty());
    let send = move |lasts_ms: u64| {
        if !is_ready() {
            return;
        }
        let reason = asked.reason.get_untracked();
        let command = match act {
            RestrictionAct::Mute => RoomsCommand::Silence { room, user: id, lasts_ms, reason },
            RestrictionAct::Remove => RoomsCommand::Remove { room, user: id, reason },
        };
        app.driver.command(command);
        asked.of.set(None);
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        send(asked.lasts_ms.get_untracked());
    };
    let end = move || {
        view! { <button type="button" class="button" data-testid="member-unmute" aria-disabled=flag(move || !is_ready()) on:click=events::click_once(move |_| send(0))>{END_MUTE.now()}</button> }
    };
    let is_mute = act == RestrictionAct::Mute;
    // The form is below the members.
    let form = NodeRef::<leptos::html::Form>::new();
    effect(move || {
        if let Some(form) = form.get() {
            browser::focus_on(&form);
        }
    });
    view! {
        <form class="restriction" tabindex="-1" aria-labelledby="restriction-title" data-testid="restriction" node_ref=form on:submit=events::submit(submit) novalidate>
            <h3 id="restriction-title" class="label">{title}</h3>
            {is_mute.then(|| duration_choice("restriction-lasts", asked.lasts_ms, false))}
            {reason_input("restriction-reason", REASON_FOR_PERSON, asked.reason)}
            <div class="dialog-actions">
                <button type="button" class="button" data-testid="restriction-cancel" on:click=events::click(move |_| asked.of.set(None))>{CANCEL.now()}</button>
                {is_mute.then(end)}
                <button type="submit" class="button button-danger" data-testid="restriction-confirm" aria-disabled=flag(move || !is_ready())>{words.now()}</button>
            </div>
        </form>
    }
    .into_any()
}

fn member_row(
    app: AppContext,
    room: RoomId,
    asked: Restriction,
    RoomMember { user, role, .. }: &RoomMember,
) -> AnyView {
    let lang = use_lang();
    let (id, role) = (user.id, *role);
    let set_role = move |event: ev::Event| {
        if let Some(role) = RoomRole::parse(&event_target_value(&event)) {
            app.driver.command(RoomsCommand::Invite { room, user: id, role });
        }
    };
    let options = ROLES.map(|(of, words)| {
        view! { <option value=of.name() selected=of == role>{words.now()}</option> }
    });
    let name = user.name.clone();
    let role_label = text(move || role_of(lang.get(), &name));
    let name = user.name.clone();
    let remove_label = text(move || format!("{}: {}", REMOVE.of(lang.get()), isolated(&name)));
    let name = user.name.clone();
    let mute_label = text(move || format!("{}: {}", MUTE.of(lang.get()), isolated(&name)));
    let member = user.clone();
    let ask = move |act| {
        let member = member.clone();
        events::click(move |_| {
            asked.reason.set(String::new());
            asked.lasts_ms.set(USUAL_DURATION_MS);
            asked.of.set(Some((act, member.clone())));
        })
    };
    let acts = move || {
        view! {
            <div class="manage-acts">
                <button class="button" data-testid=format!("mute-{id}") aria-label=mute_label on:click=ask(RestrictionAct::Mute)>{MUTE.now()}</button>
                <button class="button" data-testid=format!("remove-{id}") aria-label=remove_label on:click=ask(RestrictionAct::Remove)>{REMOVE.now()}</button>
            </div>
        }
    };
    let is_me = app.driver.store().me().id == id;
    view! {
        <li class="manage-member">
            {avatar(user)}
            <span class="person-name isolated" translate="no">{user.name.clone()}</span>
            <select class="section-order" data-testid=format!("role-{id}") aria-label=role_label on:change=events::change(set_role)>{options}</select>
            {(!is_me).then(acts)}
        </li>
    }
    .into_any()
}

fn role_of(lang: Lang, name: &str) -> String {
    match lang {
        Lang::Ko => format!("{} 님의 역할", isolated(name)),
        Lang::En => format!("Role of {}", isolated(name)),
    }
}
