//! The rooms with their sizes. A private room has a name here for its members alone.

use leptos::prelude::*;
use madang_shared::RoomId;
use madang_shared::administration::{ROOM_SIZES_PATH, RoomSize, RoomSizesPage};

use super::loading::{draw_loaded, load, more_button};
use super::strings::room_size;
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::erased::reactive::text;
use crate::ui::erased::signal::state;

const PRIVATE: Words = Words::new("비공개 방", "Private room");

/// The part of the page.
pub(super) fn rooms() -> AnyView {
    let after = state(None::<RoomId>);
    let rooms = load::<RoomSizesPage>(move || match after.get() {
        Some(after) => format!("{ROOM_SIZES_PATH}?after={after}"),
        None => ROOM_SIZES_PATH.to_owned(),
    });
    draw_loaded(rooms, move |page| {
        let last = page.rooms.last().map(|last| last.id);
        let rows = page.rooms.into_iter().map(row).collect_view();
        view! {
            <ul class="admin-list" data-testid="admin-room-list">{rows}</ul>
            {more_button(page.more, move || after.set(last))}
        }
        .into_any()
    })
}

fn row(room: RoomSize) -> AnyView {
    let lang = use_lang();
    let (members, messages) = (room.members, room.messages);
    let about = text(move || room_size(lang.get(), members, messages));
    let managers: Vec<String> = room.managers.into_iter().map(|user| user.name).collect();
    let managers = managers.join(", ");
    let managed = text(move || match (lang.get(), managers.is_empty()) {
        (_, true) => String::new(),
        (Lang::Ko, false) => format!("관리: {managers}"),
        (Lang::En, false) => format!("Managed by {managers}"),
    });
    let name = match room.name {
        Some(name) => {
            view! { <span class="isolated admin-name" translate="no">{name}</span> }.into_any()
        }
        None => view! { <span class="admin-name">{PRIVATE.now()}</span> }.into_any(),
    };
    view! {
        <li class="admin-row">
            <div class="admin-about">
                {name}
                <p class="hint">{about}</p>
                <p class="hint user-text" dir="auto">{managed}</p>
            </div>
        </li>
    }
    .into_any()
}
