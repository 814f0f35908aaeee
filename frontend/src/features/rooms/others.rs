//! The public rooms that a search finds, without those that the user has joined: below the own rooms in the list.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::Slice;
use madang_shared::rooms::Room;

use super::browse::{SEARCH_PAUSE, find_public};
use super::order::is_joined;
use super::{listed_rooms, matches};
use crate::context::{AppContext, link_to, use_app};
use crate::i18n::{Words, tr};
use crate::route::Route;
use crate::ui::avatar::room_sign;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, effect, when};
use crate::ui::erased::signal::{State, state};

const OTHERS: Words = Words::new("다른 방", "Other rooms");

/// The rooms, and that there are none if the user has joined no matching room either.
pub(crate) fn other_rooms(wanted: State<String>) -> AnyView {
    let app = use_app();
    let store = app.driver.store();
    let found = state(None::<Vec<Room>>);
    effect(move || {
        let text = wanted.get().trim().to_owned();
        if text.is_empty() {
            return;
        }
        let start = move || {
            let is_current = {
                let text = text.clone();
                move || wanted.try_get_untracked().is_some_and(|now| now.trim() == text)
            };
            // The user may have typed on, or ended the search.
            if is_current() {
                spawn_local(async move {
                    // Without an answer, the search has found the own rooms alone.
                    let rooms = find_public(&text).await.unwrap_or_default();
                    if is_current() {
                        found.try_set(Some(rooms));
                    }
                });
            }
        };
        set_timeout(start, SEARCH_PAUSE);
    });
    let others = memo(move || {
        store.read(Slice::Outbox, |_| ());
        let rooms = found.get().unwrap_or_default().into_iter();
        store.read(Slice::Unread, |client| {
            rooms.filter(|room| !is_joined(client, room.id)).collect::<Vec<_>>()
        })
    });
    let nothing = move || {
        let wanted = wanted.get();
        found.with(Option::is_some)
            && others.with(Vec::is_empty)
            && store.read(Slice::Unread, |client| {
                !listed_rooms(app, client).iter().any(|room| matches(&room.name, &wanted))
            })
    };
    let item = move |room: Room| Item::new(room.id.0, move || row(app, &room));
    let list = move || {
        view! {
            <div class="section-head"><h3 class="section-title other-rooms">{OTHERS.now()}</h3></div>
            <ul class="rooms" id=super::OTHERS_ID>{each(derived(move || others.get().into_iter().map(item).collect()))}</ul>
        }
        .into_any()
    };
    view! {
        {when(nothing, || view! { <p class="hint" role="status" data-testid="no-match">{tr(|t| t.no_match)}</p> }.into_any())}
        {when(move || !others.with(Vec::is_empty), list)}
    }
    .into_any()
}

fn row(app: AppContext, room: &Room) -> AnyView {
    view! {
        <li>
            <a class="room" href=Route::Room(room.id).path() data-testid=format!("room-{}", room.id) on:click=link_to(app, Route::Room(room.id))>
                {room_sign(room)}
                <span class="room-name isolated" title=room.name.clone()>{room.name.clone()}</span>
            </a>
        </li>
    }
    .into_any()
}
