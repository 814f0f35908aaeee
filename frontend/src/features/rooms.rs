//! The rooms on the left: the joined ones with what is unread, the others, and making a new one.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use madang_client::{Client, PendingCommand, PendingState};
use madang_shared::membership::MembershipCommand;
use madang_shared::rooms::{Room, RoomsCommand};
use madang_shared::{Command, Failure, RoomId, validate};

use crate::browser;
use crate::features::account::Account;
use crate::features::courtyard::{COMPOSER_ID, Drawer, Yard, link_to, use_yard};
use crate::features::membership::{is_joining, is_leaving};
use crate::features::pages::PageLinks;
use crate::i18n::{capped, tr, use_lang};
use crate::letters::small;
use crate::route::Route;
use crate::store::Topic;
use crate::ui::dialog::dialog;
use crate::ui::events;
use crate::ui::icon::{Icon, Mark};
use crate::ui::memory::{Memory, memo};
use crate::ui::reactive::{Item, derived, each, effect, flag, text, when};
use crate::ui::state::{State, state};

/// Where rooms are searched.
pub(crate) const FILTER_ID: &str = "find-room";

/// The joined rooms, in the order in which they are shown.
pub(crate) fn joined_rooms(client: &Client) -> Vec<Room> {
    let features = client.features();
    let joined = features.memberships().rooms();
    let joined = joined.filter(|room| !is_leaving(client, *room));
    joined.filter_map(|room| features.rooms().get(room).cloned()).collect()
}

fn other_rooms(client: &Client) -> Vec<Room> {
    let features = client.features();
    let all = features.rooms().all();
    let others = all.filter(|room| !features.memberships().contains(room.id));
    others.cloned().collect()
}

/// Whether a room is one that the reader searches for.
fn matches(name: &str, wanted: &str) -> bool {
    small(name).contains(&small(wanted.trim()))
}

/// The panel on the left.
#[component]
pub(crate) fn RoomsPanel(
    /// Whether a drawer is open in front of it.
    behind: Signal<bool>,
) -> impl IntoView {
    let yard = use_yard();
    let wanted = state(String::new());
    let creating = state(false);
    view! {
        <nav
            id="rooms"
            class="panel panel-rooms"
            tabindex="-1"
            data-testid="drawer-rooms"
            data-open=flag(move || yard.drawer.get() == Some(Drawer::Rooms))
            aria-label=tr(|t| t.rooms)
            prop:inert=behind
        >
            <div class="panel-head">
                <Mark />
                <span class="wordmark">{tr(|t| t.app)}</span>
                <button class="icon-button narrow-only" aria-label=tr(|t| t.close) on:click=events::click(move |_| yard.close_drawer())>
                    {Icon::Close.draw()}
                </button>
            </div>
            <div class="panel-tools">
                <label class="search">
                    {Icon::Search.draw()}
                    <input
                        id=FILTER_ID
                        type="search"
                        class="search-field"
                        data-testid="room-filter"
                        aria-label=tr(|t| t.find_room)
                        placeholder=tr(|t| t.find_room)
                        prop:value=derived(move || wanted.get())
                        on:input=events::change(move |event| wanted.set(event_target_value(&event)))
                        on:keydown=events::key(move |event| on_filter_key(&event, yard, wanted))
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
            <RoomLists wanted=wanted />
            <Account />
            {dialog(creating, "new-room-title", move || view! { <NewRoom creating=creating /> }.into_any())}
        </nav>
    }
}

/// Enter goes to the first room found, Esc forgets the search.
fn on_filter_key(event: &ev::KeyboardEvent, yard: Yard, wanted: State<String>) {
    if event.is_composing() {
        return;
    }
    match event.key().as_str() {
        "Enter" => {
            let wanted_name = wanted.get_untracked();
            let found = yard.driver.store().peek(|client| {
                let mut all = joined_rooms(client).into_iter().chain(other_rooms(client));
                all.find(|room| matches(&room.name, &wanted_name))
            });
            if let Some(room) = found {
                wanted.set(String::new());
                yard.visit(room.id);
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
fn RoomLists(wanted: State<String>) -> impl IntoView {
    let store = use_yard().driver.store();
    let found = move |rooms: Vec<Room>| -> Vec<Room> {
        let wanted = wanted.get();
        rooms.into_iter().filter(|room| matches(&room.name, &wanted)).collect()
    };
    let joined = memo(move || {
        store.read(Topic::Rooms, |_| ());
        store.read(Topic::Outbox, |_| ());
        found(store.read(Topic::Unread, joined_rooms))
    });
    let others = memo(move || {
        store.read(Topic::Rooms, |_| ());
        found(store.read(Topic::Unread, other_rooms))
    });
    let known = memo(move || {
        store.read(Topic::Rooms, |_| ());
        store.read(Topic::Unread, |client| {
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
            <PageLinks />
        </div>
    }
}

/// A row for each room.
fn rows(rooms: Memory<Vec<Room>>, draw: fn(&Room) -> AnyView) -> AnyView {
    let item = move |room: Room| Item::new(room.id.0, move || draw(&room));
    each(derived(move || rooms.get().into_iter().map(item).collect()))
}

fn room_link(room: &Room) -> AnyView {
    let yard = use_yard();
    let store = yard.driver.store();
    let lang = use_lang();
    let id = room.id;
    let unread = memo(move || store.read(Topic::Unread, |client| client.features().unread(id)));
    let is_open = memo(move || yard.router.get().room() == Some(id));
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
                on:click=link_to(yard, Route::Room(id))
            >
                <span class="room-name">{room.name.clone()}</span>
                {badge}
            </a>
        </li>
    }
    .into_any()
}

fn other_room(room: &Room) -> AnyView {
    let yard = use_yard();
    let lang = use_lang();
    let id = room.id;
    let name = room.name.clone();
    let label = text(move || format!("{}: {name}", lang.get().texts().join));
    let join = move |_| {
        if !is_joining(yard, id) {
            yard.driver.command(MembershipCommand::Join { room: id });
        }
        yard.visit(id);
    };
    view! {
        <li class="other-room">
            <a class="room" href=Route::Room(id).path() title=room.name.clone() on:click=link_to(yard, Route::Room(id))>
                <span class="room-name">{room.name.clone()}</span>
            </a>
            <button class="join" data-testid=format!("room-join-{id}") aria-label=label on:click=events::click(join)>
                {tr(|t| t.join)}
            </button>
        </li>
    }
    .into_any()
}

/// What became of the wish to make a room.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wish {
    Waiting,
    Refused(Failure),
    Done(RoomId),
}

impl Wish {
    fn of(client: &Client, name: &str) -> Self {
        let wish = |item: &&PendingCommand| matches!(&item.command, Command::Rooms(RoomsCommand::Create { name: wanted }) if wanted == name);
        match client.outbox().items().iter().rfind(wish) {
            Some(PendingCommand { state: PendingState::Failed(failure), .. }) => {
                Self::Refused(failure.clone())
            }
            Some(_) => Self::Waiting,
            None => {
                let joined = joined_rooms(client);
                let made = joined.iter().rfind(|room| room.name == name);
                made.map_or(Self::Waiting, |room| Self::Done(room.id))
            }
        }
    }
}

#[component]
fn NewRoom(creating: State<bool>) -> impl IntoView {
    let yard = use_yard();
    let store = yard.driver.store();
    let lang = use_lang();
    let input = NodeRef::<html::Input>::new();
    let failure = state(None::<Failure>);
    let wished = state(None::<String>);
    effect(move || {
        if let Some(input) = input.get() {
            request_animation_frame(move || drop(input.focus()));
        }
    });
    effect(move || {
        let Some(name) = wished.get() else { return };
        store.read(Topic::Rooms, |_| ());
        store.read(Topic::Unread, |_| ());
        match store.read(Topic::Outbox, |client| Wish::of(client, &name)) {
            Wish::Waiting => {}
            Wish::Refused(refused) => {
                forget_refused(yard, &name);
                failure.set(Some(refused));
                wished.set(None);
            }
            Wish::Done(room) => {
                creating.set(false);
                yard.visit(room);
                // The closing dialog gives the focus back to its button; what comes next is writing.
                request_animation_frame(|| browser::focus(COMPOSER_ID));
            }
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if wished.with_untracked(Option::is_some) {
            return;
        }
        let typed = input.get_untracked().map(|input| input.value()).unwrap_or_default();
        match validate::room_name(&typed) {
            Err(refused) => failure.set(Some(refused)),
            Ok(name) => {
                failure.set(None);
                yard.driver.command(RoomsCommand::Create { name: name.clone() });
                wished.set(Some(name));
            }
        }
    };
    let sentence = text(move || {
        let lang = lang.get();
        failure.with(|failure| failure.as_ref().map(|it| lang.room_refusal(it)).unwrap_or_default())
    });
    view! {
        <form on:submit=events::submit(submit) novalidate>
            <h2 id="new-room-title" class="dialog-title">{tr(|t| t.new_room)}</h2>
            <label class="label" for="new-room">{tr(|t| t.room_name)}</label>
            <input
                id="new-room"
                class="field"
                data-testid="room-create-name"
                autocomplete="off"
                aria-describedby="new-room-error"
                aria-invalid=flag(move || failure.with(Option::is_some))
                node_ref=input
                on:input=events::change(move |_| failure.set(None))
            />
            <p id="new-room-error" class="error" role="alert" data-testid="room-create-error">{sentence}</p>
            <div class="dialog-actions">
                <button type="button" class="button" on:click=events::click(move |_| creating.set(false))>{tr(|t| t.cancel)}</button>
                <button type="submit" class="button button-strong" data-testid="room-create-submit" aria-disabled=flag(move || wished.with(Option::is_some))>
                    {tr(|t| t.create)}
                </button>
            </div>
        </form>
    }
}

/// A refused wish is told where it was made; nobody has to put it away.
fn forget_refused(yard: Yard, name: &str) {
    let refused = yard.driver.store().peek(|client| {
        let items = client.outbox().items().iter();
        let mine = items.filter(|item| matches!(&item.command, Command::Rooms(RoomsCommand::Create { name: wanted }) if wanted == name));
        mine.map(|item| item.id).collect::<Vec<_>>()
    });
    for id in refused {
        yard.driver.discard(id);
    }
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
