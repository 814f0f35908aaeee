//! The addresses of the app, over the History API: `/`, `/rooms/<id>`, `/rooms/<id>/messages/<seq>`, and
//! one for each page.
//! `leptos_router` would do the same, at the cost of some tens of kilobytes before the first view.

use leptos::prelude::*;
use madang_shared::{RoomId, Seq, Topic};
use wasm_bindgen::JsValue;

use crate::browser;
use crate::i18n::Words;
use crate::ui::erased::signal::{State, state};
use crate::ui::skeleton::Shape;

/// The table of pages, one row each. `path` is the address, which `scripts/publish.mjs` reads here too.
/// `title` is in Korean and English. `area` is the page whose link in the left panel leads to this one; a page
/// that is its own area has that link, in the order of the rows. `topics` are followed while the page is open.
/// `skeleton` is the shape of the page until its content has arrived. `draw` is the page's component:
/// `shell::lazy_views` takes it from here, because all code of pages is in the lazy part of the app, and this table
/// is not.
macro_rules! pages {
    ($with:ident) => {
        $with! {
            // `/posts` is the address of the HTTP API.
            Posts {
                path: "/feed",
                title: ("소식", "Feed"),
                area: Some(Page::Posts),
                topics: &[Topic::Posts],
                skeleton: Shape::Cards,
                draw: features::posts::PostsPage
            }
            Orders {
                path: "/orders",
                title: ("주문", "Orders"),
                area: Some(Page::Orders),
                topics: &[Topic::Orders],
                skeleton: Shape::Rows,
                draw: features::orders::OrdersPage
            }
            OrdersBoard {
                path: "/orders/board",
                title: ("주문 관리", "Order board"),
                area: Some(Page::Orders),
                topics: &[Topic::Orders],
                skeleton: Shape::Cards,
                draw: features::orders::OrdersBoardPage
            }
            OrdersRider {
                path: "/orders/rider",
                title: ("배달", "Deliveries"),
                area: Some(Page::Orders),
                topics: &[Topic::Orders],
                skeleton: Shape::Cards,
                draw: features::orders::OrdersRiderPage
            }
            // The bell in the header leads here, and its topics are always followed.
            Notices {
                path: "/notices",
                title: ("알림", "Notices"),
                area: None,
                topics: &[],
                skeleton: Shape::Rows,
                draw: features::notices::NoticesPage
            }
            Price {
                path: "/bitcoin",
                title: ("비트코인 시세", "Bitcoin price"),
                area: Some(Page::Price),
                topics: &[Topic::Price],
                skeleton: Shape::Figure,
                draw: features::price::PricePage
            }
            Lab {
                path: "/lab",
                title: ("실험실", "Lab"),
                area: Some(Page::Lab),
                topics: &[],
                skeleton: Shape::Cards,
                draw: lab::index::LabPage
            }
            LabChat {
                path: "/lab/http",
                title: ("HTTP와 웹소켓", "HTTP and WebSocket"),
                area: Some(Page::Lab),
                topics: &[],
                skeleton: Shape::Rows,
                draw: lab::chat::LabChatPage
            }
            Echo {
                path: "/lab/echo",
                title: ("웹소켓 메아리", "WebSocket echo"),
                area: Some(Page::Lab),
                topics: &[],
                skeleton: Shape::Rows,
                draw: lab::echo::EchoPage
            }
            Typing {
                path: "/lab/typing",
                title: ("입력 중", "Typing"),
                area: Some(Page::Lab),
                topics: &[],
                skeleton: Shape::Rows,
                draw: lab::typing::TypingPage
            }
            Sentiment {
                path: "/lab/sentiment",
                title: ("말의 느낌", "Live sentiment"),
                area: Some(Page::Lab),
                topics: &[],
                skeleton: Shape::Rows,
                draw: lab::sentiment::SentimentPage
            }
            Counter {
                path: "/counter",
                title: ("함께 세는 수", "Shared counter"),
                area: Some(Page::Lab),
                topics: &[Topic::Counter],
                skeleton: Shape::Figure,
                draw: features::counter::CounterPage
            }
            Transports {
                path: "/lab/transports",
                title: ("왜 웹소켓인가", "Why WebSocket"),
                area: Some(Page::Lab),
                topics: &[],
                skeleton: Shape::Figure,
                draw: lab::transports::TransportsPage
            }
            Components {
                path: "/lab/components",
                title: ("부품", "Components"),
                area: Some(Page::Lab),
                topics: &[],
                skeleton: Shape::Rows,
                draw: lab::components::ComponentsPage
            }
        }
    };
}
pub(crate) use pages;

/// Makes [`Page`] and [`PAGES`] out of the table.
macro_rules! define_pages {
    ($($page:ident { path: $path:literal, title: ($ko:literal, $en:literal), area: $area:expr, topics: $topics:expr, skeleton: $skeleton:expr, draw: $draw:path })*) => {
        /// A page that is no room.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Page {
            $($page,)*
        }

        /// All pages, in the order of the table.
        pub(crate) const PAGES: &[Page] = &[$(Page::$page,)*];

        impl Page {
            pub(crate) fn path(self) -> &'static str {
                match self {
                    $(Self::$page => $path,)*
                }
            }

            pub(crate) fn title(self) -> Words {
                match self {
                    $(Self::$page => Words::new($ko, $en),)*
                }
            }

            /// The page whose link in the left panel leads to this one; none if another link does.
            pub(crate) fn area(self) -> Option<Self> {
                match self {
                    $(Self::$page => $area,)*
                }
            }

            /// The topics that are followed while the page is open.
            pub(crate) fn topics(self) -> &'static [Topic] {
                match self {
                    $(Self::$page => $topics,)*
                }
            }

            /// The shape of the page's skeleton.
            pub(crate) fn skeleton(self) -> Shape {
                match self {
                    $(Self::$page => $skeleton,)*
                }
            }
        }
    };
}
pages!(define_pages);

const LAST_ROOM_KEY: &str = "madang.room";

/// The content of the address bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/`.
    Home,
    /// An address that names nothing.
    NotFound,
    /// A room.
    Room(RoomId),
    /// A message of a room.
    Message(RoomId, Seq),
    /// A page that is no room.
    Page(Page),
}

impl Route {
    /// Reads a path. The server (`crates/web/src/assets.rs`) and the service worker know the same paths.
    pub(crate) fn from_path(path: &str) -> Self {
        let path = path.trim_end_matches('/');
        if path.is_empty() {
            return Self::Home;
        }
        if let Some(page) = PAGES.iter().find(|page| page.path() == path) {
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
            _ => Self::NotFound,
        }
    }

    /// The path; that of [`Route::Home`] for [`Route::NotFound`], because nothing leads there.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Home | Self::NotFound => "/".to_owned(),
            Self::Room(room) => format!("/rooms/{room}"),
            Self::Message(room, message) => format!("/rooms/{room}/messages/{}", message.0),
            Self::Page(page) => page.path().to_owned(),
        }
    }

    pub(crate) fn room(self) -> Option<RoomId> {
        match self {
            Self::Room(room) | Self::Message(room, _) => Some(room),
            Self::Home | Self::NotFound | Self::Page(_) => None,
        }
    }

    pub(crate) fn page(self) -> Option<Page> {
        match self {
            Self::Page(page) => Some(page),
            Self::Home | Self::NotFound | Self::Room(_) | Self::Message(..) => None,
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

fn current() -> Route {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_its_route_are_each_other() {
        let pages = PAGES.iter().map(|page| Route::Page(*page));
        let message = Route::Message(RoomId(7), Seq(12));
        for route in [Route::Home, Route::Room(RoomId(7)), message].into_iter().chain(pages) {
            assert_eq!(Route::from_path(&route.path()), route);
            assert_eq!(Route::from_path(&format!("{}/", route.path())), route);
        }
    }

    /// The script that publishes the app writes the pages into the service worker: it takes them from this file.
    #[test]
    fn the_publishing_script_finds_every_page() {
        let found = include_str!("route.rs")
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("path: \"")?.strip_suffix("\","));
        let pages = PAGES.iter().map(|page| page.path());
        assert_eq!(found.collect::<Vec<_>>(), pages.collect::<Vec<_>>());
    }

    #[test]
    fn only_the_root_is_home_and_other_unknown_paths_are_not_found() {
        for path in ["", "/", "//"] {
            assert_eq!(Route::from_path(path), Route::Home, "{path}");
        }
        for path in [
            "/nonsense",
            "/Feed",
            "/feed/1",
            "/orders/boards",
            "/rooms",
            "/rooms/",
            "/rooms/x",
            "/rooms/-1",
            "/rooms/1/messages",
            "/rooms/1/messages/x",
            "/rooms/1/messages/1/2",
        ] {
            assert_eq!(Route::from_path(path), Route::NotFound, "{path}");
        }
    }
}
