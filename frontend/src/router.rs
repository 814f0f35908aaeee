//! The current address, over the History API.
//! `leptos_router` would do the same, at the cost of some tens of kilobytes before the first view.

use leptos::prelude::*;
use madang_shared::RoomId;
use wasm_bindgen::JsValue;

use crate::browser;
use crate::route::Route;
use crate::ui::erased::signal::{State, state};

const LAST_ROOM_KEY: &str = "madang.room";

/// The current route; follows the browser's back and forward.
#[derive(Clone, Copy)]
pub(crate) struct Router {
    route: State<Route>,
}

impl Router {
    pub(crate) fn new() -> Self {
        let route = state(current());
        let listener = window_event_listener_untyped("popstate", move |_| route.set(current()));
        on_cleanup(move || listener.remove());
        Self { route }
    }

    pub(crate) fn get(self) -> Route {
        self.route.get()
    }

    /// Goes to a route, as a new entry of the history.
    pub(crate) fn go(self, to: Route) {
        if self.route.get_untracked() == to {
            return;
        }
        if let Ok(history) = window().history() {
            // Browsers refuse it when it is called too often; the route changes all the same.
            history.push_state_with_url(&JsValue::NULL, "", Some(&to.path())).ok();
        }
        self.route.set(to);
    }

    /// Goes to a route, and replaces the current entry of the history.
    pub(crate) fn replace(self, to: Route) {
        if self.route.get_untracked() == to {
            return;
        }
        if let Ok(history) = window().history() {
            // See `go`.
            history.replace_state_with_url(&JsValue::NULL, "", Some(&to.path())).ok();
        }
        self.route.set(to);
    }
}

/// The route of the address bar.
pub(crate) fn current() -> Route {
    Route::from_path(&window().location().pathname().unwrap_or_default())
}

/// The room that was open last in this browser.
pub(crate) fn last_room() -> Option<RoomId> {
    browser::remembered(LAST_ROOM_KEY)?.parse().ok().map(RoomId)
}

/// Stores the open room for the next visit.
pub(crate) fn remember_room(room: RoomId) {
    browser::remember(LAST_ROOM_KEY, &room.to_string());
}
