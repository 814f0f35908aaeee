//! The addresses of the app, over the History API: `/`, `/rooms/<id>`, `/rooms/<id>/messages/<seq>`, and
//! one for each page.
//! `leptos_router` would do it too, for some tens of kilobytes that every visitor loads before the
//! first letter shows.

use leptos::prelude::*;
use madang_shared::{RoomId, Seq};
use wasm_bindgen::JsValue;

use crate::browser;
use crate::features::pages::Page;
use crate::ui::state::{State, state};

const LAST_ROOM_KEY: &str = "madang.room";

/// What the address bar says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Nowhere in particular.
    Home,
    /// A room.
    Room(RoomId),
    /// A message of a room.
    Message(RoomId, Seq),
    /// A page that is no room.
    Page(Page),
}

impl Route {
    /// Reads a path; whatever is neither a room nor a page is home.
    pub(crate) fn from_path(path: &str) -> Self {
        let path = path.trim_end_matches('/');
        if let Some(page) = Page::ALL.iter().find(|page| page.path() == path) {
            return Self::Page(*page);
        }
        let in_room = path.strip_prefix("/rooms/").unwrap_or_default();
        let (room, message) = match in_room.split_once("/messages/") {
            Some((room, message)) => (room, Some(message)),
            None => (in_room, None),
        };
        match (room.parse(), message.map(str::parse)) {
            (Ok(room), None) => Self::Room(RoomId(room)),
            (Ok(room), Some(Ok(message))) => Self::Message(RoomId(room), Seq(message)),
            _ => Self::Home,
        }
    }

    pub(crate) fn path(self) -> String {
        match self {
            Self::Home => "/".to_owned(),
            Self::Room(room) => format!("/rooms/{room}"),
            Self::Message(room, message) => format!("/rooms/{room}/messages/{}", message.0),
            Self::Page(page) => page.path().to_owned(),
        }
    }

    pub(crate) fn room(self) -> Option<RoomId> {
        match self {
            Self::Room(room) | Self::Message(room, _) => Some(room),
            Self::Home | Self::Page(_) => None,
        }
    }

    pub(crate) fn page(self) -> Option<Page> {
        match self {
            Self::Page(page) => Some(page),
            Self::Home | Self::Room(_) | Self::Message(..) => None,
        }
    }
}

/// The current route; follows the browser's back and forward.
#[derive(Clone, Copy)]
pub(crate) struct Router {
    route: State<Route>,
}

impl Router {
    pub(crate) fn new() -> Self {
        let route = state(here());
        let listener = window_event_listener_untyped("popstate", move |_| route.set(here()));
        on_cleanup(move || listener.remove());
        Self { route }
    }

    pub(crate) fn get(self) -> Route {
        self.route.get()
    }

    /// Goes to a route; the way back leads here.
    pub(crate) fn go(self, to: Route) {
        if self.route.get_untracked() == to {
            return;
        }
        if let Ok(history) = window().history() {
            drop(history.push_state_with_url(&JsValue::NULL, "", Some(&to.path())));
        }
        self.route.set(to);
    }

    /// Goes to a route in place of this one.
    pub(crate) fn replace(self, to: Route) {
        if self.route.get_untracked() == to {
            return;
        }
        if let Ok(history) = window().history() {
            drop(history.replace_state_with_url(&JsValue::NULL, "", Some(&to.path())));
        }
        self.route.set(to);
    }
}

fn here() -> Route {
    Route::from_path(&window().location().pathname().unwrap_or_default())
}

/// The room that was looked at last in this browser.
pub(crate) fn last_room() -> Option<RoomId> {
    browser::remembered(LAST_ROOM_KEY)?.parse().ok().map(RoomId)
}

/// This room is looked at now.
pub(crate) fn remember_room(room: RoomId) {
    browser::remember(LAST_ROOM_KEY, &room.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_its_route_are_each_other() {
        let pages = Page::ALL.iter().map(|page| Route::Page(*page));
        let message = Route::Message(RoomId(7), Seq(12));
        for route in [Route::Home, Route::Room(RoomId(7)), message].into_iter().chain(pages) {
            assert_eq!(Route::from_path(&route.path()), route);
            assert_eq!(Route::from_path(&format!("{}/", route.path())), route);
        }
    }

    #[test]
    fn the_worker_keeps_every_page_and_nothing_that_is_none() {
        let worker = include_str!("../worker.js");
        let list = worker.split_once("const PAGES = [").unwrap().1.split_once("];").unwrap().0;
        let mut kept: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
        let mut pages: Vec<&str> = Page::ALL.iter().map(|page| page.path()).collect();
        pages.push("");
        kept.sort_unstable();
        pages.sort_unstable();
        assert_eq!(kept, pages);
    }

    #[test]
    fn an_unknown_path_is_home() {
        for path in ["", "/rooms/", "/rooms/x", "/rooms/-1", "/rooms/1/messages/x", "/else"] {
            assert_eq!(Route::from_path(path), Route::Home, "{path}");
        }
    }
}
