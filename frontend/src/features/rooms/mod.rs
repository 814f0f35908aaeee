//! The panel on the left: the joined rooms with their unread counts, the other rooms, and the button for a new
//! room.

mod new_room;

use leptos::ev;
use leptos::prelude::*;
use madang_client::{Client, Slice};
use madang_shared::membership::MembershipCommand;
use madang_shared::rooms::Room;

use crate::browser;
use crate::composer::COMPOSER_ID;
use crate::context::{AppContext, Drawer, link_to, use_app};
use crate::features::account::Account;
use crate::features::membership::{is_joining, is_leaving};
use crate::i18n::{capped, isolated, tr, use_lang};
use crate::route::Route;
use crate::text::lower_case;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{Item, derived, each, flag, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::{Icon, Mark};
use new_room::NewRoom;

/// The id of the search field.
pub(crate) const FILTER_ID: &str = "find-room";

/// The joined rooms, in the order of the list.
pub(crate) fn joined_rooms(client: &Client) -> Vec<Room> {
    let features = client.features();
    let joined = features.memberships().rooms();
    let joined = joined.filter(|room| !is_leaving(client, *room));
    joined.filter_map(|room| features.rooms().get(room).cloned()).collect()
}

fn other_rooms(client: &Client) -> Vec<Room> {
    let features = client.features();
    let all = features.rooms().all();
    let is_joined =
        |room: &Room| features.memberships().contains(room.id) && !is_leaving(client, room.id);
    let others = all.filter(|room| !is_joined(room));
    others.cloned().collect()
}

/// Whether the name of a room matches the search.
fn matches(name: &str, wanted: &str) -> bool {
    lower_case(name).contains(&lower_case(wanted.trim()))
}

/// The panel on the left.
#[component]
pub(crate) fn RoomsPanel(
    /// Whether a drawer covers the panel.
    behind: Signal<bool>,
    /// Draws the buttons beside the wordmark.
    tools: fn() -> AnyView,
    /// Draws the links to the pages below the rooms.
    page_links: fn() -> AnyView,
) -> impl IntoView {
    let app = use_app();
    let wanted = state(String::new());
    let creating = state(false);
    view! {
        <nav
            id="rooms"
            class="panel panel-rooms"
            tabindex="-1"
            data-testid="drawer-rooms"
            data-open=flag(move || app.drawer.get() == Some(Drawer::Rooms))
            aria-label=tr(|t| t.rooms)
            prop:inert=behind
        >
            <div class="panel-head">
                <Mark />
                <span class="wordmark">{tr(|t| t.app)}</span>
                <span class="panel-head-tools">
                    {tools()}
                    <button class="icon-button rooms-drawer-only" data-testid="close-rooms" aria-label=tr(|t| t.close) on:click=events::click(move |_| app.close_drawer())>
                        {Icon::Close.draw()}
                    </button>
                </span>
            </div>
            <div class="panel-tools">
                <label class="search">
                    {Icon::Search.draw()}
                    <input
                        id=FILTER_ID
                        dir="auto"
                        type="search"
                        class="search-field"
                        data-testid="room-filter"
                        aria-label=tr(|t| t.find_room)
                        placeholder=tr(|t| t.find_room)
                        prop:value=derived(move || wanted.get())
                        on:input=events::change(move |event| wanted.set(event_target_value(&event)))
                        on:keydown=events::key(move |event| on_filter_key(&event, app, wanted))
                    />
                </label>
                <button
                    class="icon-button icon-button-strong"
                    data-testid="room-create"
                    aria-label=tr(|t| t.new_room)
                    title=tr(|t| t.new_room)
                    on:click=events::click(move |_| creating.set(true))
                >
                    {Icon::Plus.draw()}
                </button>
            </div>
            <RoomLists wanted=wanted page_links=page_links />
            <Account />
            {dialog(creating, "new-room-title", move || view! { <NewRoom open=creating /> }.into_any())}
        </nav>
    }
}

/// Enter opens the first match, Esc clears the search.
fn on_filter_key(event: &ev::KeyboardEvent, app: AppContext, wanted: State<String>) {
    match event.key().as_str() {
        "Enter" => {
            let wanted_name = wanted.get_untracked();
            let found = app.driver.store().peek(|client| {
                let mut all = joined_rooms(client).into_iter().chain(other_rooms(client));
                all.find(|room| matches(&room.name, &wanted_name))
            });
            if let Some(room) = found {
                wanted.set(String::new());
                app.visit(room.id);
                request_animation_frame(|| browser::focus(COMPOSER_ID));
            }
        }
        "Escape" if !wanted.with_untracked(String::is_empty) => {
            event.stop_propagation();
            wanted.set(String::new());
        }
        _ => {}
    }
}

#[component]
fn RoomLists(wanted: State<String>, page_links: fn() -> AnyView) -> impl IntoView {
    let store = use_app().driver.store();
    let found = move |rooms: Vec<Room>| -> Vec<Room> {
        let wanted = wanted.get();
        rooms.into_iter().filter(|room| matches(&room.name, &wanted)).collect()
    };
    let joined = memo(move || {
        store.read(Slice::Rooms, |_| ());
        store.read(Slice::Outbox, |_| ());
        found(store.read(Slice::Unread, joined_rooms))
    });
    let others = memo(move || {
        store.read(Slice::Rooms, |_| ());
        store.read(Slice::Outbox, |_| ());
        found(store.read(Slice::Unread, other_rooms))
    });
    let known = memo(move || {
        store.read(Slice::Rooms, |_| ());
        store.read(Slice::Unread, |client| {
            client.features().rooms().is_known() && client.features().memberships().is_known()
        })
    });
    let nothing = move || {
        let searching = wanted.with(|wanted| !wanted.trim().is_empty());
        let sentence = if searching { tr(|t| t.no_match) } else { tr(|t| t.no_rooms) };
        view! { <p class="hint">{sentence}</p> }.into_any()
    };
    let others_list = move || {
        view! {
            <h2 class="panel-label">{tr(|t| t.other_rooms)}</h2>
            <ul class="rooms" data-testid="room-others">{rows(others, other_room)}</ul>
        }
        .into_any()
    };
    view! {
        <div class="panel-scroll" tabindex="-1">
            <h2 class="panel-label">{tr(|t| t.rooms)}</h2>
            <ul class="rooms" data-testid="room-list">
                {rows(joined, room_link)}
            </ul>
            {when(move || known.get() && joined.with(Vec::is_empty), nothing)}
            {when(move || !others.with(Vec::is_empty), others_list)}
            {page_links()}
        </div>
    }
}

/// A row for each room.
fn rows(rooms: Memo<Vec<Room>>, draw: fn(&Room) -> AnyView) -> AnyView {
    let item = move |room: Room| Item::new(room.id.0, move || draw(&room));
    each(derived(move || rooms.get().into_iter().map(item).collect()))
}

fn room_link(room: &Room) -> AnyView {
    let app = use_app();
    let store = app.driver.store();
    let lang = use_lang();
    let id = room.id;
    let unread = memo(move || store.read(Slice::Unread, |client| client.features().unread(id)));
    let is_open = memo(move || app.router.get().room() == Some(id));
    let badge = when(
        move || unread.get() > 0,
        move || {
            view! {
            <span class="unread">
                <span aria-hidden="true" data-testid=format!("unread-{id}")>{text(move || capped(unread.get()))}</span>
                <span class="visually-hidden">{text(move || lang.get().unread(unread.get()))}</span>
            </span>
        }
        .into_any()
        },
    );
    view! {
        <li>
            <a
                class="room"
                href=Route::Room(id).path()
                data-testid=format!("room-{id}")
                data-unread=flag(move || unread.get() > 0)
                aria-current=derived(move || is_open.get().then_some("page"))
                title=room.name.clone()
                on:click=link_to(app, Route::Room(id))
            >
                <span class="room-name isolated">{room.name.clone()}</span>
                {badge}
            </a>
        </li>
    }
    .into_any()
}

fn other_room(room: &Room) -> AnyView {
    let app = use_app();
    let lang = use_lang();
    let id = room.id;
    let name = room.name.clone();
    let label = text(move || format!("{}: {}", lang.get().texts().join, isolated(&name)));
    let join = move |_| {
        if !is_joining(app, id) {
            app.driver.command(MembershipCommand::Join { room: id });
        }
        app.visit(id);
    };
    view! {
        <li class="other-room">
            <a class="room" href=Route::Room(id).path() title=room.name.clone() on:click=link_to(app, Route::Room(id))>
                <span class="room-name isolated">{room.name.clone()}</span>
            </a>
            <button class="join" data-testid=format!("room-join-{id}") aria-label=label on:click=events::click_once(join)>
                {tr(|t| t.join)}
            </button>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_ignores_case_and_space_around() {
        assert!(matches("마당 Madang", " mad "));
        assert!(matches("마당", "당"));
        assert!(matches("x", ""));
        assert!(!matches("마당", "방"));
    }
}
