//! The rooms with their sizes, and what administrators decide about the public ones. A private room has a name here for its
//! members alone, and only its managers decide about it.

use leptos::prelude::*;
use madang_client::{Client, PendingState, Slice};
use madang_shared::administration::{ROOM_SIZES_PATH, RoomSize, RoomSizesPage};
use madang_shared::roles::{RoomKind, RoomRole};
use madang_shared::rooms::{RoomChange, RoomsCommand};
use madang_shared::{Command, RoomId, validate};

use super::grants::check;
use super::loading::{draw_loaded, load, more_button};
use super::strings::room_size;
use crate::context::use_app;
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::text;
use crate::ui::erased::signal::{State, state};

const PRIVATE: Words = Words::new("비공개 방", "Private room");
const DIRECT: Words = Words::new("다이렉트 메시지", "Direct conversation");
const MANAGE: Words = Words::new("방 관리", "Manage the room");
const NAME: Words = Words::new("방 이름", "Room name");
const RENAME: Words = Words::new("이름 바꾸기", "Rename");
const DEFAULT: Words = Words::new("새로 온 사람이 모두 들어오는 방", "New people join this room");
const ARCHIVED: Words = Words::new("보관 (읽기만 가능)", "Archived (read only)");
const MANAGER: Words = Words::new("내가 이 방의 관리자 되기", "Become a manager of this room");

/// The part of the page.
pub(super) fn rooms() -> AnyView {
    let store = use_app().driver.store();
    let after = state(None::<RoomId>);
    // The list is read again once the server has executed a command.
    let pending = memo(move || store.read(Slice::Outbox, pending_commands));
    // The room whose tools are open: the list is drawn again after each command.
    let open = state(None::<RoomId>);
    let rooms = load::<RoomSizesPage>(move || {
        pending.get();
        match after.get() {
            Some(after) => format!("{ROOM_SIZES_PATH}?after={after}"),
            None => ROOM_SIZES_PATH.to_owned(),
        }
    });
    draw_loaded(rooms, move |page| {
        let last = page.rooms.last().map(|last| last.id);
        let rows = page.rooms.iter().map(|room| row(room, open)).collect_view();
        view! {
            <ul class="admin-list" data-testid="admin-room-list">{rows}</ul>
            {more_button(page.more, move || after.set(last))}
        }
        .into_any()
    })
}

fn pending_commands(client: &Client) -> u32 {
    let items = client.outbox().items().iter();
    let of_rooms = items.filter(|item| {
        matches!(item.command(), Some(Command::Rooms(_)))
            && !matches!(item.state, PendingState::Failed(_))
    });
    of_rooms.map(|_| 1).sum()
}

fn row(room: &RoomSize, open: State<Option<RoomId>>) -> AnyView {
    let lang = use_lang();
    let (members, messages) = (room.members, room.messages);
    let about = text(move || room_size(lang.get(), members, messages));
    let managers: Vec<&str> = room.managers.iter().map(|user| user.name.as_str()).collect();
    let managers = managers.join(", ");
    let managed = text(move || match (lang.get(), managers.is_empty()) {
        (_, true) => String::new(),
        (Lang::Ko, false) => format!("관리: {managers}"),
        (Lang::En, false) => format!("Managed by {managers}"),
    });
    let name = match (&room.name, room.kind) {
        (Some(name), kind) if kind != RoomKind::Direct => {
            view! { <span class="isolated admin-name" translate="no">{name.clone()}</span> }
                .into_any()
        }
        (_, RoomKind::Direct) => {
            view! { <span class="admin-name">{DIRECT.now()}</span> }.into_any()
        }
        _ => view! { <span class="admin-name">{PRIVATE.now()}</span> }.into_any(),
    };
    let tools = (room.kind == RoomKind::Public).then(|| tools(room, open));
    view! {
        <li class="admin-row" data-testid=format!("admin-room-{}", room.id)>
            <div class="admin-about">
                {name}
                <p class="hint">{about}</p>
                <p class="hint user-text" dir="auto">{managed}</p>
            </div>
            {tools}
        </li>
    }
    .into_any()
}

/// The decisions of administrators about a public room, also as no members.
fn tools(room: &RoomSize, open: State<Option<RoomId>>) -> AnyView {
    let driver = use_app().driver;
    let me = driver.store().me().id;
    let id = room.id;
    let (is_default, archived) = (room.is_default, room.archived);
    let change = move |change| driver.command(RoomsCommand::Change { room: id, change });
    let name = state(room.name.clone().unwrap_or_default());
    let rename = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        // The server refuses a name that is invalid or taken, in a sentence above the page.
        let name = name.get_untracked();
        let name = validate::room_name(&name).unwrap_or(name);
        change(RoomChange::Name(name));
    };
    let manage = move |_| {
        driver.command(RoomsCommand::Invite { room: id, user: me, role: RoomRole::Manager });
    };
    let is_manager = room.managers.iter().any(|user| user.id == me);
    let toggle = move |_| {
        open.update(|open| *open = if *open == Some(id) { None } else { Some(id) });
    };
    view! {
        <details class="fold admin-grants" open=open.get_untracked() == Some(id)>
            <summary data-testid=format!("admin-room-tools-{id}") on:click=events::click(toggle)>{MANAGE.now()}</summary>
            <form class="admin-form" on:submit=events::submit(rename)>
                <label class="admin-field admin-wide">
                    <span class="label">{NAME.now()}</span>
                    <input class="field" dir="auto" value=name.get_untracked() data-testid=format!("admin-room-name-{id}") on:input=events::change(move |event| name.set(event_target_value(&event))) />
                </label>
                <button class="button" data-testid=format!("admin-room-rename-{id}")>{RENAME.now()}</button>
            </form>
            {check(&format!("default-{id}"), DEFAULT, is_default, move |_| change(RoomChange::Default(!is_default)))}
            {check(&format!("archived-{id}"), ARCHIVED, archived, move |_| change(RoomChange::Archived(!archived)))}
            {(!is_manager).then(|| view! {
                <button class="button" data-testid=format!("admin-room-manager-{id}") on:click=events::click_once(manage)>{MANAGER.now()}</button>
            })}
        </details>
    }
    .into_any()
}
