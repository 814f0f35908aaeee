//! The page with all rooms, where users join them.

use leptos::prelude::*;
use madang_client::Slice;
use madang_shared::membership::MembershipCommand;
use madang_shared::rooms::Room;

use super::order::{is_joined, last_activity, ordered};
use super::{matches, search};
use crate::context::{AppContext, link_to, use_app};
use crate::features::membership::{JOIN, is_joining};
use crate::i18n::{Lang, Words, isolated, tr, use_lang};
use crate::route::{Page, Route};
use crate::time::Times;
use crate::ui::avatar::room_sign;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, part, text, when};
use crate::ui::erased::signal::state;
use crate::ui::skeleton::skeleton;

const JOINED: Words = Words::new("참여 중", "Joined");

/// The page.
#[component]
pub(crate) fn BrowseRoomsPage() -> impl IntoView {
    let app = use_app();
    let store = app.driver.store();
    let times = Times::new();
    let wanted = state(String::new());
    let known =
        memo(move || store.read(Slice::Rooms, |client| client.features().rooms().is_known()));
    let rooms = memo(move || {
        let wanted = wanted.get();
        store.read(Slice::Outbox, |_| ());
        store.read(Slice::Unread, |_| ());
        store.read(Slice::Rooms, |client| {
            let all = client.features().rooms().all();
            let found = all.filter(|room| matches(&room.name, &wanted)).cloned();
            let rooms = ordered(client, &found.collect::<Vec<_>>(), true).into_iter();
            rooms.map(|room| (is_joined(client, room.id), room)).collect::<Vec<_>>()
        })
    });
    let item = move |(joined, room): (bool, Room)| {
        Item::new(room.id.0 * 2 + u64::from(joined), move || card(app, times, &room, joined))
    };
    let list = move || {
        view! { <ul class="browse" data-testid="browse">{each(derived(move || rooms.get().into_iter().map(item).collect()))}</ul> }.into_any()
    };
    view! {
        <div class="page">
            <div class="page-body page-reading">
                {search(wanted, "browse-filter", "browse-filter", events::key(|_| ()))}
                {part(move || if known.get() { list() } else { skeleton(Page::BrowseRooms.skeleton()) })}
                {when(move || known.get() && rooms.with(Vec::is_empty), || view! { <p class="hint">{tr(|t| t.no_match)}</p> }.into_any())}
            </div>
        </div>
    }
}

fn card(app: AppContext, times: Times, room: &Room, joined: bool) -> AnyView {
    let store = app.driver.store();
    let lang = use_lang();
    let id = room.id;
    // The last message is known in joined rooms alone.
    let about = text(move || {
        let lang = lang.get();
        let last = store.read(Slice::Unread, |client| last_activity(client, id));
        last.map(|last| active(lang, &times.narrow(lang, last))).unwrap_or_default()
    });
    let name = room.name.clone();
    let label = text(move || format!("{}: {}", JOIN.of(lang.get()), isolated(&name)));
    let join = move |_| {
        if !is_joining(app, id) {
            app.driver.command(MembershipCommand::Join { room: id });
        }
        app.visit(id);
    };
    let side = if joined {
        view! { <span class="tag">{JOINED.now()}</span> }.into_any()
    } else {
        view! {
            <button class="button" data-testid=format!("room-join-{id}") aria-label=label on:click=events::click_once(join)>
                {JOIN.now()}
            </button>
        }
        .into_any()
    };
    view! {
        <li class="browse-room">
            {room_sign(room)}
            <div class="browse-about">
                <a class="browse-name isolated" href=Route::Room(id).path() on:click=link_to(app, Route::Room(id))>{room.name.clone()}</a>
                <p class="hint">{about}</p>
            </div>
            {side}
        </li>
    }
    .into_any()
}

fn active(lang: Lang, when: &str) -> String {
    match lang {
        Lang::Ko => format!("마지막 메시지 {when}"),
        Lang::En => format!("Last message {when}"),
    }
}
