//! The context of every view behind the sign-in form: the driver, the router, the open drawer, and the view
//! that the address selects. The shell provides it and features read it; this module depends on neither.

use leptos::ev;
use leptos::prelude::*;
use madang_client::Client;
use madang_shared::RoomId;
use madang_shared::rooms::Room;

use crate::browser;
use crate::driver::Driver;
use crate::lazy::Loader;
use crate::route::{Page, Route, Router};
use crate::ui::erased::events::{self, Listener};
use crate::ui::erased::memo::Memo;
use crate::ui::erased::signal::State;

/// A side panel, which is a drawer on narrow screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drawer {
    Rooms,
    Presence,
}

impl Drawer {
    fn id(self) -> &'static str {
        match self {
            Self::Rooms => "rooms",
            Self::Presence => "presence",
        }
    }

    fn opener_id(self) -> &'static str {
        match self {
            Self::Rooms => "open-rooms",
            Self::Presence => "open-presence",
        }
    }
}

/// The content that the address selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// The rooms or memberships have not arrived yet.
    Loading,
    /// The address names no room, and the user has none to open.
    NoRoom,
    /// There is no such room.
    RoomNotFound,
    /// A room that the user has not joined.
    NotJoined(Room),
    /// A joined room.
    Room(Room),
    /// A page that is no room.
    Page(Page),
}

impl View {
    pub(crate) fn of(client: &Client, route: Route) -> Self {
        if let Some(page) = route.page() {
            return Self::Page(page);
        }
        let features = client.features();
        let known = features.memberships().is_known() && features.rooms().is_known();
        let Some(id) = route.room() else {
            return if known { Self::NoRoom } else { Self::Loading };
        };
        match features.rooms().get(id) {
            Some(room) if features.memberships().contains(id) => Self::Room(room.clone()),
            Some(room) if known => Self::NotJoined(room.clone()),
            None if known => Self::RoomNotFound,
            _ => Self::Loading,
        }
    }

    pub(crate) fn room(&self) -> Option<&Room> {
        match self {
            Self::Room(room) | Self::NotJoined(room) => Some(room),
            Self::Loading | Self::NoRoom | Self::RoomNotFound | Self::Page(_) => None,
        }
    }

    pub(crate) fn page(&self) -> Option<Page> {
        match self {
            Self::Page(page) => Some(*page),
            _ => None,
        }
    }
}

/// The context of every view behind the sign-in form. Copies share one context.
#[derive(Clone, Copy)]
pub(crate) struct AppContext {
    pub(crate) driver: Driver,
    pub(crate) router: Router,
    pub(crate) drawer: State<Option<Drawer>>,
    pub(crate) view: Memo<View>,
    /// The part of the app that is loaded after the first view.
    pub(crate) lazy: Loader,
}

impl AppContext {
    /// Opens a room and closes the drawers.
    pub(crate) fn visit(self, room: RoomId) {
        self.go(Route::Room(room));
    }

    /// Goes to a route and closes the drawers.
    pub(crate) fn go(self, route: Route) {
        self.drawer.set(None);
        self.router.go(route);
    }

    /// Opens a drawer and moves the focus into it.
    pub(crate) fn open(self, drawer: Drawer) {
        self.drawer.set(Some(drawer));
        request_animation_frame(move || browser::focus(drawer.id()));
    }

    /// Closes the open drawer and moves the focus to the button that opened it.
    pub(crate) fn close_drawer(self) {
        if let Some(drawer) = self.drawer.get_untracked() {
            self.drawer.set(None);
            request_animation_frame(move || browser::focus(drawer.opener_id()));
        }
    }

    /// Whether a drawer other than `except` is open; content behind an open drawer is inert.
    pub(crate) fn is_behind(self, except: Option<Drawer>) -> bool {
        self.drawer.get().is_some_and(|open| Some(open) != except)
    }
}

/// The context of the current view.
#[inline(never)]
pub(crate) fn use_app() -> AppContext {
    expect_context()
}

/// The click listener of a link: goes to the route without reloading the app.
pub(crate) fn link_to(app: AppContext, route: Route) -> Listener<ev::MouseEvent> {
    events::click(move |event| {
        let opens_elsewhere =
            event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0;
        if !opens_elsewhere {
            event.prevent_default();
            app.go(route);
        }
    })
}
