//! The context of every view behind the sign-in form: the driver, the router, the open drawer, and the view
//! that the address selects. The shell provides it and features read it; this module depends on neither.

use leptos::ev;
use leptos::prelude::*;
use madang_client::Client;
use madang_shared::rooms::Room;
use madang_shared::{CommandId, RoomId};

use crate::browser;
use crate::driver::Driver;
use crate::i18n::Lang;
use crate::lazy::Loader;
use crate::route::{Page, Route, Router};
use crate::ui::erased::events::{self, Listener};
use crate::ui::erased::memo::Memo;
use crate::ui::erased::signal::State;
use crate::ui::undo_bar::UndoBar;

/// The id of the inspector, of its opener, and of the opener of the rooms.
pub(crate) const INSPECTOR_ID: &str = "inspector";
pub(crate) const INSPECTOR_OPENER_ID: &str = "open-inspector";
const ROOMS_OPENER_ID: &str = "open-rooms";

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
            Self::Rooms => ROOMS_OPENER_ID,
            Self::Presence => "open-presence",
        }
    }

    /// Up to this width of the window, in pixels, the panel is a drawer. The shell's style sheet has the same numbers.
    pub(crate) const fn max_width(self) -> u32 {
        match self {
            Self::Rooms => 720,
            Self::Presence => 1023,
        }
    }

    /// Whether the window is so narrow now that the panel is a drawer.
    pub(crate) fn is_drawer(self) -> bool {
        let width = window().inner_width().ok().and_then(|width| width.as_f64());
        width.is_some_and(|width| width <= f64::from(self.max_width()))
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
    /// The address names nothing.
    PageNotFound,
}

impl View {
    pub(crate) fn of(client: &Client, route: Route) -> Self {
        if let Some(page) = route.page() {
            return Self::Page(page);
        }
        if route == Route::NotFound {
            return Self::PageNotFound;
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

    /// The name of the place, for the title of the tab; none while there is no place yet.
    pub(crate) fn title(&self, lang: Lang) -> Option<&str> {
        match self {
            Self::Loading | Self::NoRoom => None,
            Self::RoomNotFound => Some(lang.texts().no_such_room),
            Self::PageNotFound => Some(lang.texts().no_such_page),
            Self::NotJoined(room) | Self::Room(room) => Some(&room.name),
            Self::Page(page) => Some(page.title().of(lang)),
        }
    }

    /// Whether the view belongs to no room, so that nobody can be present in it.
    pub(crate) fn is_page(&self) -> bool {
        matches!(self, Self::Page(_) | Self::PageNotFound)
    }
}

/// The context of every view behind the sign-in form. Copies share one context.
#[derive(Clone, Copy)]
pub(crate) struct AppContext {
    pub(crate) driver: Driver,
    pub(crate) router: Router,
    pub(crate) drawer: State<Option<Drawer>>,
    /// Whether the inspector is open. It stays open from room to room.
    pub(crate) inspector: State<bool>,
    /// Whether the list of keyboard shortcuts is open.
    pub(crate) shortcuts: State<bool>,
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

    /// Opens the inspector and moves the focus into it, or closes it and moves the focus back.
    pub(crate) fn show_inspector(self, shown: bool) {
        self.drawer.set(None);
        self.inspector.set(shown);
        request_animation_frame(move || {
            if shown {
                browser::focus(INSPECTOR_ID);
            } else {
                // The opener is in the panel of the rooms. While that is a closed drawer, only its opener can have the
                // focus; otherwise only the inspector's.
                browser::focus(ROOMS_OPENER_ID);
                browser::focus(INSPECTOR_OPENER_ID);
            }
        });
    }

    /// Whether a drawer other than `except` is open, or the inspector covers a narrow window; content behind them is
    /// inert.
    pub(crate) fn is_behind(self, except: Option<Drawer>) -> bool {
        let is_covered = self.inspector.get() && Drawer::Rooms.is_drawer();
        is_covered || self.drawer.get().is_some_and(|open| Some(open) != except)
    }
}

/// The context of the current view.
#[inline(never)]
pub(crate) fn use_app() -> AppContext {
    expect_context()
}

/// Discards a refused command with the user's text, and offers to undo it.
pub(crate) fn discard(driver: Driver, undo: UndoBar, id: CommandId, lang: Lang) {
    let refused = driver
        .store()
        .peek(|client| client.outbox().items().iter().find(|item| item.id == id).cloned());
    driver.discard(id);
    if let Some(refused) = refused {
        undo.offer(lang.texts().discarded.to_owned(), move || driver.restore(refused.clone()));
    }
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
