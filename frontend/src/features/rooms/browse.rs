//! The page with all rooms, where users find and join them.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::{ConnectionState, Slice};
use madang_shared::membership::MembershipCommand;
use madang_shared::rooms::{DIRECTORY_PATH, DirectoryPage, ListedRoom, Room};
use madang_shared::{Failure, RoomId};

use super::order::is_joined;
use super::search;
use crate::context::{AppContext, link_to, use_app};
use crate::features::membership::{JOIN, is_joining};
use crate::i18n::{Lang, Words, isolated, tr, use_lang};
use crate::route::{Page, Route};
use crate::session;
use crate::time::Times;
use crate::ui::avatar::room_sign;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{Item, derived, each, effect, flag, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::skeleton::skeleton;

const JOINED: Words = Words::new("참여 중", "Joined");
const SHOW_MORE: Words = Words::new("더 보기", "Show more");
const WAITS: Words = Words::new(
    "다시 연결되면 방을 보여 드립니다.",
    "The rooms follow once you are connected again.",
);

/// The pause after a key press before the search is sent.
pub(crate) const SEARCH_PAUSE: Duration = Duration::from_millis(250);

/// The loaded pages of one search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Listing {
    /// Counts the searches; an answer to an earlier one is dropped.
    search: u64,
    rooms: Vec<ListedRoom>,
    more: bool,
    is_loading: bool,
    /// Whether the first page has arrived.
    is_known: bool,
    failure: Option<Failure>,
}

/// The page.
#[component]
pub(crate) fn BrowseRoomsPage() -> impl IntoView {
    let app = use_app();
    let store = app.driver.store();
    let lang = use_lang();
    let times = Times::new();
    let wanted = state(String::new());
    let listing = state(Listing::default());
    let mut searched = None;
    effect(move || {
        let text = wanted.get().trim().to_owned();
        if searched.as_ref() == Some(&text) {
            return;
        }
        let is_first = searched.replace(text).is_none();
        let search = listing.with_untracked(|listing| listing.search) + 1;
        listing.update(|listing| listing.search = search);
        if is_first {
            load(listing, wanted, None);
            return;
        }
        let start = move || {
            // The user may have typed on, or left the page.
            if listing.try_get_untracked().is_some_and(|now| now.search == search) {
                load(listing, wanted, None);
            }
        };
        set_timeout(start, SEARCH_PAUSE);
    });
    let is_live = memo(move || {
        store.read(Slice::Connection, |client| *client.connection() == ConnectionState::Live)
    });
    // The server is back.
    effect(move || {
        if is_live.get() && listing.with_untracked(|listing| listing.failure.is_some()) {
            load_next(listing, wanted);
        }
    });
    let joined = move |room| {
        store.read(Slice::Outbox, |_| ());
        store.read(Slice::Unread, |client| is_joined(client, room))
    };
    let rooms = memo(move || {
        let rooms = listing.with(|listing| listing.rooms.clone());
        rooms.into_iter().map(|room| (joined(room.room.id), room)).collect::<Vec<_>>()
    });
    let item = move |(joined, listed): (bool, ListedRoom)| {
        // A room is drawn again when anything about it has changed.
        let seen = listed.members.wrapping_mul(31) + listed.last_message_at.map_or(0, |at| at.0);
        let key = (listed.room.id.0 * 2 + u64::from(joined)) ^ (seen << 24);
        Item::new(key, move || card(app, times, &listed, joined))
    };
    let list = move || {
        view! { <ul class="browse" data-testid="browse">{each(derived(move || rooms.get().into_iter().map(item).collect()))}</ul> }.into_any()
    };
    let is_known = memo(move || listing.with(|listing| listing.is_known));
    let failure = memo(move || listing.with(|listing| listing.failure.clone()));
    let failed = move || {
        let Some(failure) = failure.get() else { return ().into_any() };
        if !is_live.get() {
            // The bar of the connection says the rest.
            return view! { <p class="hint browse-failed" data-testid="browse-waits">{WAITS.now()}</p> }
                .into_any();
        }
        let sentence = text(move || lang.get().refusal(&failure));
        view! {
            <div class="browse-failed" role="alert" data-testid="browse-failed">
                <p class="error">{sentence}</p>
                <button class="button" on:click=events::click(move |_| load_next(listing, wanted))>{tr(|t| t.try_again)}</button>
            </div>
        }
        .into_any()
    };
    let more = move || {
        let busy = flag(move || listing.with(|listing| listing.is_loading));
        view! { <button class="button browse-more" data-testid="browse-more" aria-disabled=busy on:click=events::click_once(move |_| load_next(listing, wanted))>{SHOW_MORE.now()}</button> }
        .into_any()
    };
    let nothing = move || listing.with(|listing| listing.is_known && listing.rooms.is_empty());
    view! {
        <div class="page">
            <div class="page-body page-reading">
                {search(wanted, "browse-filter", "browse-filter", events::key(|_| ()))}
                {part(move || match (is_known.get(), failure.with(Option::is_some)) {
                    (true, _) => list(),
                    (false, true) => ().into_any(),
                    (false, false) => skeleton(Page::BrowseRooms.skeleton()),
                })}
                {when(nothing, || view! { <p class="hint" role="status" data-testid="browse-none">{tr(|t| t.no_match)}</p> }.into_any())}
                {part(failed)}
                {when(move || listing.with(|listing| listing.more && listing.failure.is_none()), more)}
            </div>
        </div>
    }
}

/// Loads the page after the loaded ones, unless it is on its way.
fn load_next(listing: State<Listing>, wanted: State<String>) {
    if !listing.with_untracked(|listing| listing.is_loading) {
        load(
            listing,
            wanted,
            listing.with_untracked(|it| it.rooms.last().map(|last| last.room.id)),
        );
    }
}

/// Loads the page after a room; the first page replaces the list.
fn load(listing: State<Listing>, wanted: State<String>, after: Option<RoomId>) {
    let search = listing.with_untracked(|listing| listing.search);
    listing.update(|listing| {
        listing.is_loading = true;
        listing.failure = None;
    });
    spawn_local(async move {
        let Some(text) = wanted.try_get_untracked() else { return };
        let page = fetch(text.trim(), after).await;
        // The page may be closed by now, or show another search.
        if listing.try_get_untracked().is_none_or(|now| now.search != search) {
            return;
        }
        listing.update(|listing| {
            listing.is_loading = false;
            match page {
                Ok(page) => {
                    if after.is_none() {
                        listing.rooms.clear();
                    }
                    listing.rooms.extend(page.rooms);
                    listing.more = page.more;
                    listing.is_known = true;
                }
                Err(failure) => {
                    if after.is_none() {
                        // The loaded rooms belong to an earlier search.
                        *listing = Listing { search, ..Listing::default() };
                    }
                    listing.failure = Some(failure);
                }
            }
        });
    });
}

/// The first public rooms that a search finds.
pub(crate) async fn find_public(search: &str) -> Result<Vec<Room>, Failure> {
    let page = fetch(search, None).await?;
    Ok(page.rooms.into_iter().map(|listed| listed.room).collect())
}

async fn fetch(search: &str, after: Option<RoomId>) -> Result<DirectoryPage, Failure> {
    let search = String::from(js_sys::encode_uri_component(search));
    let after = after.map(|room| format!("&after={room}")).unwrap_or_default();
    session::load(&format!("{DIRECTORY_PATH}?search={search}{after}")).await
}

fn card(app: AppContext, times: Times, listed: &ListedRoom, joined: bool) -> AnyView {
    let lang = use_lang();
    let room = &listed.room;
    let id = room.id;
    let (members, last) = (listed.members, listed.last_message_at);
    let about = text(move || {
        let lang = lang.get();
        let people = lang.people(usize::try_from(members).unwrap_or(usize::MAX));
        match last {
            Some(last) => format!("{people} · {}", active(lang, &times.narrow(lang, last))),
            None => people,
        }
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
    let description = (!listed.description.is_empty()).then(|| {
        view! { <p class="browse-description user-text" dir="auto">{listed.description.clone()}</p> }
    });
    view! {
        <li class="browse-room" data-testid=format!("listed-{id}")>
            {room_sign(room)}
            <div class="browse-about">
                <a class="browse-name isolated" href=Route::Room(id).path() on:click=link_to(app, Route::Room(id))>{room.name.clone()}</a>
                {description}
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
