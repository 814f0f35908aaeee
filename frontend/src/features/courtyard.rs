//! Behind the gate: rooms, the open room, who is here; and the keys that lead around.

use leptos::ev;
use leptos::prelude::*;
use madang_client::{Action, Client};
use madang_shared::rooms::Room;
use madang_shared::{RoomId, User};

use crate::apart::Loader;
use crate::app::Door;
use crate::browser;
use crate::driver::Driver;
use crate::features::chat::ChatPane;
use crate::features::connection::{Badge, NewVersion};
use crate::features::inspector::Inspector;
use crate::features::membership::{JoinCard, LeaveButton, Refusals, is_leaving};
use crate::features::notices::{Bell, tell_when_hidden, unread_beside_messages};
use crate::features::pages::Page;
use crate::features::presence::HerePanel;
use crate::features::rooms::{FILTER_ID, RoomsPanel, joined_rooms};
use crate::i18n::{capped, tr, use_lang};
use crate::route::{self, Route, Router};
use crate::store::Topic;
use crate::ui::events::{self, Listener};
use crate::ui::icon::{Icon, Mark};
use crate::ui::memory::{Memory, memo};
use crate::ui::reactive::{derived, effect, flag, part, text, when};
use crate::ui::state::{State, state};

/// Where the text is written.
pub(crate) const COMPOSER_ID: &str = "composer";
/// Up to this width the side panels are drawers; the style sheets have the same number.
const NARROW: f64 = 720.0;

/// A side panel as a drawer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drawer {
    Rooms,
    Here,
}

impl Drawer {
    fn id(self) -> &'static str {
        match self {
            Self::Rooms => "rooms",
            Self::Here => "here",
        }
    }

    fn opener(self) -> &'static str {
        match self {
            Self::Rooms => "open-rooms",
            Self::Here => "open-here",
        }
    }
}

/// What the address leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The server has not said yet.
    Unknown,
    /// Nowhere in particular, and no room to go to.
    Nowhere,
    /// There is no such room.
    Missing,
    /// A room that the user has not joined.
    Outside(Room),
    /// A joined room.
    Inside(Room),
    /// A page that is no room.
    Page(Page),
}

impl Place {
    fn of(client: &Client, route: Route) -> Self {
        if let Some(page) = route.page() {
            return Self::Page(page);
        }
        let features = client.features();
        let known = features.memberships().is_known() && features.rooms().is_known();
        let Some(id) = route.room() else {
            return if known { Self::Nowhere } else { Self::Unknown };
        };
        match features.rooms().get(id) {
            Some(room) if features.memberships().contains(id) => Self::Inside(room.clone()),
            Some(room) if known => Self::Outside(room.clone()),
            None if known => Self::Missing,
            _ => Self::Unknown,
        }
    }

    pub(crate) fn room(&self) -> Option<&Room> {
        match self {
            Self::Inside(room) | Self::Outside(room) => Some(room),
            Self::Unknown | Self::Nowhere | Self::Missing | Self::Page(_) => None,
        }
    }

    fn page(&self) -> Option<Page> {
        match self {
            Self::Page(page) => Some(*page),
            _ => None,
        }
    }
}

/// What every view behind the gate shares.
#[derive(Clone, Copy)]
pub(crate) struct Yard {
    pub(crate) driver: Driver,
    pub(crate) router: Router,
    pub(crate) drawer: State<Option<Drawer>>,
    pub(crate) place: Memory<Place>,
    /// The part of the app that comes after the first view.
    pub(crate) apart: Loader,
}

impl Yard {
    /// Goes to a room, and puts the drawers away.
    pub(crate) fn visit(self, room: RoomId) {
        self.go(Route::Room(room));
    }

    /// Goes somewhere, and puts the drawers away.
    pub(crate) fn go(self, route: Route) {
        self.drawer.set(None);
        self.router.go(route);
    }

    /// Opens a drawer, and goes into it.
    pub(crate) fn open(self, drawer: Drawer) {
        self.drawer.set(Some(drawer));
        request_animation_frame(move || browser::focus(drawer.id()));
    }

    /// Closes the open drawer, and goes back to where it was opened.
    pub(crate) fn close_drawer(self) {
        if let Some(drawer) = self.drawer.get_untracked() {
            self.drawer.set(None);
            request_animation_frame(move || browser::focus(drawer.opener()));
        }
    }

    /// What is behind an open drawer cannot be reached.
    fn is_behind(self, except: Option<Drawer>) -> bool {
        self.drawer.get().is_some_and(|open| Some(open) != except)
    }
}

/// What every view behind the gate shares.
#[inline(never)]
pub(crate) fn use_yard() -> Yard {
    expect_context()
}

/// A link that goes there without loading the app anew.
pub(crate) fn link_to(yard: Yard, route: Route) -> Listener<ev::MouseEvent> {
    events::click(move |event| {
        let elsewhere =
            event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0;
        if !elsewhere {
            event.prevent_default();
            yard.go(route);
        }
    })
}

/// Everything behind the gate, for as long as the session lasts.
#[component]
pub(crate) fn Courtyard(me: User) -> impl IntoView {
    let driver = Driver::start(me);
    let store = driver.store();
    let router = Router::new();
    let place = memo(move || {
        let route = router.get();
        store.read(Topic::Rooms, |_| ());
        store.read(Topic::Unread, |client| Place::of(client, route))
    });
    let yard = Yard { driver, router, drawer: state(None), place, apart: Loader::start() };
    provide_context(yard);
    follow_route(yard);
    keep_title(yard);
    tell_when_hidden(yard);
    listen_to_keys(yard);
    leave_when_signed_out(yard);

    let is_page = move || yard.place.with(|place| place.page().is_some());
    view! {
        <div class="shell" data-page=flag(is_page)>
            <RoomsPanel behind=derived(move || yard.is_behind(Some(Drawer::Rooms))) />
            <main class="main" prop:inert=derived(move || yard.is_behind(None))>
                <NewVersion />
                <Refusals />
                <Header />
                <Content />
            </main>
            {when(move || !is_page(), move || view! { <HerePanel behind=derived(move || yard.is_behind(Some(Drawer::Here))) /> }.into_any())}
            <div class="scrim" data-shown=flag(move || yard.drawer.get().is_some()) on:click=events::click(move |_| yard.close_drawer())></div>
        </div>
    }
}

#[component]
fn Header() -> impl IntoView {
    let yard = use_yard();
    let app = tr(|t| t.app);
    let lang = use_lang();
    let name = text(move || {
        yard.place.with(|place| match (place.room(), place.page()) {
            (Some(room), _) => room.name.clone(),
            (None, Some(page)) => page.title().of(lang.get()).to_owned(),
            (None, None) => app.get().to_owned(),
        })
    });
    let open_here = move || {
        view! {
            <button id="open-here" class="icon-button narrow-only" data-testid="open-here" aria-label=tr(|t| t.open_here) on:click=events::click(move |_| yard.open(Drawer::Here))>
                {Icon::People.draw()}
            </button>
        }
        .into_any()
    };
    let leave = part(move || {
        yard.place.with(|place| match place {
            Place::Inside(room) => view! { <LeaveButton room=room.id /> }.into_any(),
            _ => ().into_any(),
        })
    });
    view! {
        <header class="header">
            <button id="open-rooms" class="icon-button narrow-only" data-testid="open-rooms" aria-label=tr(|t| t.open_rooms) on:click=events::click(move |_| yard.open(Drawer::Rooms))>
                {Icon::Menu.draw()}
            </button>
            <h1 class="header-title" title=name>{name}</h1>
            <Badge />
            <Bell />
            <Inspector />
            {leave}
            {when(move || yard.place.with(|place| place.page().is_none()), open_here)}
        </header>
    }
}

#[component]
fn Content() -> impl IntoView {
    let yard = use_yard();
    part(move || match yard.place.get() {
        Place::Unknown => view! { <Skeleton /> }.into_any(),
        Place::Nowhere => quiet(|t| t.choose_room, |t| t.choose_room_hint),
        Place::Missing => quiet(|t| t.no_such_room, |t| t.no_such_room_hint),
        Place::Outside(room) => view! { <JoinCard room=room /> }.into_any(),
        Place::Inside(room) => view! { <ChatPane room=room.id /> }.into_any(),
        Place::Page(page) => yard.apart.draw(move |apart| (apart.page)(page)),
    })
}

type Pick = fn(&'static crate::i18n::Texts) -> &'static str;

fn quiet(title: Pick, hint: Pick) -> AnyView {
    view! {
        <div class="quiet">
            <Mark />
            <h2>{tr(title)}</h2>
            <p>{tr(hint)}</p>
        </div>
    }
    .into_any()
}

/// Grey shapes where messages will be.
#[component]
pub(crate) fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="visually-hidden">{tr(|t| t.loading)}</span>
            <span></span><span></span><span></span><span></span>
        </div>
    }
}

fn follow_route(yard: Yard) {
    let store = yard.driver.store();
    effect(move || {
        let route = yard.router.get();
        let room = route.room();
        yard.driver.act(Action::OpenRoom(room));
        yard.driver.act(Action::Watch(route.page().map_or(&[], Page::topics)));
        if let Some(room) = room {
            route::remember_room(room);
        }
    });
    // Home is the room of last time, or the first there is.
    effect(move || {
        if yard.place.get() != Place::Nowhere {
            return;
        }
        let last = route::last_room();
        let home = store.read(Topic::Unread, |client| {
            let rooms = client.features().memberships();
            let stays = |room: &RoomId| rooms.contains(*room) && !is_leaving(client, *room);
            last.filter(stays).or_else(|| rooms.rooms().find(stays))
        });
        if let Some(room) = home {
            yard.router.replace(Route::Room(room));
        }
    });
}

fn keep_title(yard: Yard) {
    let store = yard.driver.store();
    let lang = use_lang();
    effect(move || {
        let name = lang.get().texts().app;
        let messages = store.read(Topic::Unread, |client| client.features().unread_total());
        let unread = messages + unread_beside_messages(store);
        browser::set_badge(unread);
        let title = match unread {
            0 => name.to_owned(),
            unread => format!("({}) {name}", capped(unread)),
        };
        document().set_title(&title);
    });
    on_cleanup(move || {
        browser::set_badge(0);
        document().set_title(lang.get_untracked().texts().app);
    });
}

fn leave_when_signed_out(yard: Yard) {
    let door: Door = expect_context();
    effect(move || {
        if yard.driver.signed_out.get() {
            door.leave(false);
        }
    });
}

fn listen_to_keys(yard: Yard) {
    let on_key = window_event_listener(ev::keydown, move |event| {
        if event.is_composing() || event.default_prevented() {
            return;
        }
        match event.key().as_str() {
            "Escape" if yard.drawer.get_untracked().is_some() => yard.close_drawer(),
            "Escape" if !is_in_dialog() => browser::focus(COMPOSER_ID),
            "k" | "K" | "ㅏ" if event.ctrl_key() || event.meta_key() => {
                event.prevent_default();
                if is_narrow() {
                    yard.drawer.set(Some(Drawer::Rooms));
                }
                request_animation_frame(|| browser::focus(FILTER_ID));
            }
            "ArrowDown" if event.alt_key() => {
                event.prevent_default();
                step(yard, true);
            }
            "ArrowUp" if event.alt_key() => {
                event.prevent_default();
                step(yard, false);
            }
            _ => {}
        }
    });
    on_cleanup(move || on_key.remove());
    let on_resize = window_event_listener(ev::resize, move |_| {
        if !is_narrow() && yard.drawer.get_untracked().is_some() {
            yard.drawer.set(None);
        }
    });
    on_cleanup(move || on_resize.remove());
}

/// To the room above or below the open one.
fn step(yard: Yard, down: bool) {
    let rooms = yard.driver.store().peek(joined_rooms);
    let open = yard.router.get().room();
    let here = rooms.iter().position(|room| Some(room.id) == open);
    let next = match (here, down) {
        (Some(index), true) => rooms.get(index + 1),
        (Some(index), false) => index.checked_sub(1).and_then(|index| rooms.get(index)),
        (None, _) => rooms.first(),
    };
    if let Some(room) = next {
        yard.visit(room.id);
    }
}

fn is_narrow() -> bool {
    window()
        .inner_width()
        .ok()
        .and_then(|width| width.as_f64())
        .is_some_and(|width| width <= NARROW)
}

fn is_in_dialog() -> bool {
    browser::focused().is_some_and(|element| matches!(element.closest("dialog"), Ok(Some(_))))
}
