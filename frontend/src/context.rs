//! The context of every view behind the sign-in form: the driver, the router, the open panels and menus, and the
//! view that the address selects. The shell provides it and features read it; this module depends on neither.

use leptos::ev;
use leptos::prelude::*;
use madang_client::Client;
use madang_shared::rooms::Room;
use madang_shared::{CommandId, RoomId, User};

use crate::browser;
use crate::driver::Driver;
use crate::i18n::Lang;
use crate::lazy::Loader;
use crate::preference::Preference;
use crate::route::{Page, Route};
use crate::router::Router;
use crate::ui::erased::events::{self, Listener};
use crate::ui::erased::memo::Memo;
use crate::ui::erased::signal::State;
use crate::ui::undo_bar::UndoBar;

/// The id of the inspector, and of the menu that opens it.
pub(crate) const INSPECTOR_ID: &str = "inspector";
pub(crate) const VIEW_MENU_ID: &str = "view-menu";
/// The id of the members, and of their opener.
pub(crate) const MEMBERS_ID: &str = "presence";
pub(crate) const MEMBERS_OPENER_ID: &str = "open-presence";

const MEMBERS_FOLDED_KEY: &str = "madang.members-folded";

/// Up to these widths of the window, in pixels, the rail is a bar at the bottom, and the members are a drawer. The
/// shell's style sheet has the same numbers.
pub(crate) const MAX_PHONE_WIDTH: u32 = 720;
pub(crate) const MAX_DRAWER_WIDTH: u32 = 1099;

/// Whether the window is at most as wide now.
pub(crate) fn is_at_most(width: u32) -> bool {
    let inner = window().inner_width().ok().and_then(|inner| inner.as_f64());
    inner.is_some_and(|inner| inner <= f64::from(width))
}

/// The content that the address selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// The memberships have not arrived yet.
    Loading,
    /// The address names no room: a phone shows the list of rooms, and elsewhere the user has none to open.
    NoRoom,
    /// A room that the user has not joined, or that does not exist.
    NotJoined(RoomId),
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
        let memberships = features.memberships();
        match route.room() {
            _ if !memberships.is_known() => Self::Loading,
            None => Self::NoRoom,
            Some(id) if !memberships.contains(id) => Self::NotJoined(id),
            Some(id) => memberships.room(id).map_or(Self::Loading, |room| Self::Room(room.clone())),
        }
    }

    /// The name of the place, for the title of the tab; none while there is no place yet.
    pub(crate) fn title(&self, lang: Lang) -> Option<&str> {
        match self {
            Self::Loading | Self::NoRoom | Self::NotJoined(_) => None,
            Self::PageNotFound => Some(lang.texts().no_such_page),
            Self::Room(room) => Some(&room.name),
            Self::Page(page) => Some(page.title().of(lang)),
        }
    }

    /// The joined room.
    pub(crate) fn room(&self) -> Option<&Room> {
        match self {
            Self::Room(room) => Some(room),
            _ => None,
        }
    }
}

/// The context of every view behind the sign-in form. Copies share one context.
#[derive(Clone, Copy)]
pub(crate) struct AppContext {
    pub(crate) driver: Driver,
    pub(crate) router: Router,
    /// Whether the window has the width of a phone.
    pub(crate) phone: State<bool>,
    /// Whether the drawer with the members is open.
    pub(crate) members: State<bool>,
    /// Whether the column of the members is folded away, where it is no drawer.
    pub(crate) members_folded: State<bool>,
    /// Whether the inspector is open. It stays open from room to room.
    pub(crate) inspector: State<bool>,
    /// Whether the palette is open.
    pub(crate) palette: State<bool>,
    /// Whether the dialog for a new room is open.
    pub(crate) new_room: State<bool>,
    /// Whether the list of keyboard shortcuts is open.
    pub(crate) shortcuts: State<bool>,
    /// Whether the user's own menu is open.
    pub(crate) own_menu: State<bool>,
    /// Whether the menu of the open room or page is open.
    pub(crate) view_menu: State<bool>,
    /// The person whose card is open, or was open last.
    pub(crate) card: State<Option<User>>,
    pub(crate) card_open: State<bool>,
    /// Whether the list has the rooms by name, instead of by activity.
    pub(crate) by_name: State<bool>,
    /// Whether rooms show the users who join and leave.
    pub(crate) presence_lines: Preference,
    /// Whether messages stand close together, without bubbles.
    pub(crate) compact: Preference,
    pub(crate) view: Memo<View>,
    /// The part of the app that is loaded after the first view.
    pub(crate) lazy: Loader,
}

impl AppContext {
    /// Whether the user folded the members away at an earlier visit.
    pub(crate) fn remembers_folded_members() -> bool {
        browser::remembered(MEMBERS_FOLDED_KEY).is_some()
    }

    /// Opens a room and closes the drawer.
    pub(crate) fn visit(self, room: RoomId) {
        self.go(Route::Room(room));
    }

    /// Goes to a route and closes the drawer.
    pub(crate) fn go(self, route: Route) {
        self.members.set(false);
        self.router.go(route);
    }

    /// Whether the members are shown now.
    pub(crate) fn shows_members(self) -> bool {
        let (drawer, folded) = (self.members.get(), self.members_folded.get());
        if is_at_most(MAX_DRAWER_WIDTH) { drawer } else { !folded }
    }

    /// Shows or hides the members. The focus moves into the open drawer, and back to the button that opened it.
    pub(crate) fn show_members(self, shown: bool) {
        if is_at_most(MAX_DRAWER_WIDTH) {
            self.members.set(shown);
        } else {
            self.members_folded.set(!shown);
            if shown {
                browser::forget(MEMBERS_FOLDED_KEY);
                return;
            }
            browser::remember(MEMBERS_FOLDED_KEY, "");
        }
        let focus = if shown { MEMBERS_ID } else { MEMBERS_OPENER_ID };
        request_animation_frame(move || browser::focus(focus));
    }

    /// Opens the card of a person.
    pub(crate) fn show_card(self, user: User) {
        self.card.set(Some(user));
        self.card_open.set(true);
    }

    /// Opens the inspector and moves the focus into it, or closes it and moves the focus back.
    pub(crate) fn show_inspector(self, shown: bool) {
        self.members.set(false);
        self.inspector.set(shown);
        let focus = if shown { INSPECTOR_ID } else { VIEW_MENU_ID };
        request_animation_frame(move || browser::focus(focus));
    }

    /// Whether the inspector covers the narrow window; content behind it is inert.
    pub(crate) fn is_covered(self) -> bool {
        self.inspector.get() && self.phone.get()
    }

    /// Whether the drawer or the inspector is in front of the rail, the rooms and the content.
    pub(crate) fn is_behind(self) -> bool {
        self.members.get() || self.is_covered()
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

/// Whether a click on a link opens another tab or window.
pub(crate) fn opens_elsewhere(event: &ev::MouseEvent) -> bool {
    event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0
}

/// The click listener of a link: goes to the route without reloading the app.
pub(crate) fn link_to(app: AppContext, route: Route) -> Listener<ev::MouseEvent> {
    events::click(move |event| {
        if !opens_elsewhere(&event) {
            event.prevent_default();
            app.go(route);
        }
    })
}
