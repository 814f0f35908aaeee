//! The addresses of the app: `/`, `/rooms/<id>`, `/rooms/<id>/messages/<seq>`, and one for each page.

use madang_shared::apps::App;
use madang_shared::{RoomId, Seq, Topic, UserId};

use crate::i18n::Words;
use crate::ui::skeleton::Shape;

/// The table of pages, one row each. `path` is the address, which `scripts/publish.mjs` reads here too. `title` is in Korean
/// and English. `area` is the part of the app, and the link of the rail that is current while the page is open. `topics` are
/// followed while the page is open; the user in one of them does not matter. `skeleton` is the shape of the page until its
/// content has arrived. `draw` is the page's component: `shell::lazy_views` takes it from here, because all code of pages is
/// in the lazy part of the app, and this table is not.
macro_rules! pages {
    ($with:ident) => {
        $with! {
            BrowseRooms {
                path: "/rooms",
                title: ("방 둘러보기", "Browse rooms"),
                area: Area::Chat,
                topics: &[],
                skeleton: Shape::Rows,
                draw: features::rooms::BrowseRoomsPage
            }
            Later {
                path: "/later",
                title: ("나중에", "Later"),
                area: Area::Chat,
                topics: &[],
                skeleton: Shape::Rows,
                draw: features::later::LaterPage
            }
            // The index of the area; its topics are always followed.
            Notices {
                path: "/notices",
                title: ("알림", "Inbox"),
                area: Area::Inbox,
                topics: &[],
                skeleton: Shape::Rows,
                draw: features::notices::NoticesPage
            }
            NoticeSettings {
                path: "/notices/settings",
                title: ("알림 설정", "Notification settings"),
                area: Area::Inbox,
                topics: &[],
                skeleton: Shape::Rows,
                draw: features::settings::NoticeSettingsPage
            }
            Settings {
                path: "/settings",
                title: ("설정", "Settings"),
                area: Area::Own,
                topics: &[],
                skeleton: Shape::Rows,
                draw: features::settings::SettingsPage
            }
            WorkspaceSettings {
                path: "/settings/workspace",
                title: ("서버 설정", "Workspace settings"),
                area: Area::Own,
                topics: &[],
                skeleton: Shape::Rows,
                draw: features::settings::WorkspaceSettingsPage
            }
            Account {
                path: "/settings/account",
                title: ("계정", "Account"),
                area: Area::Own,
                topics: &[],
                skeleton: Shape::Rows,
                draw: features::account_page::AccountPage
            }
            // These two are shown without a session too.
            PasswordSignIn {
                path: "/sign-in",
                title: ("로그인", "Sign in"),
                area: Area::Own,
                topics: &[],
                skeleton: Shape::Rows,
                draw: features::entrance::PasswordSignInPage
            }
            Link {
                path: "/link",
                title: ("로그인 링크", "Sign-in link"),
                area: Area::Own,
                topics: &[],
                skeleton: Shape::Rows,
                draw: features::entrance::LinkPage
            }
            Administration {
                path: "/admin",
                title: ("서버 관리", "Administration"),
                area: Area::Own,
                topics: &[Topic::Administration, Topic::Health],
                skeleton: Shape::Rows,
                draw: features::administration::AdministrationPage
            }
            Apps {
                path: "/apps",
                title: ("앱", "Apps"),
                area: Area::Apps,
                topics: &[],
                skeleton: Shape::Cards,
                draw: features::apps::AppsPage
            }
            // `/posts` is the address of the HTTP API.
            Posts {
                path: "/feed",
                title: ("소식", "Feed"),
                area: Area::Apps,
                topics: &[Topic::Posts],
                skeleton: Shape::Cards,
                draw: features::posts::PostsPage
            }
            Orders {
                path: "/orders",
                title: ("주문", "Orders"),
                area: Area::Apps,
                topics: &[Topic::Menu, Topic::OwnOrders(UserId(0))],
                skeleton: Shape::Rows,
                draw: features::orders::OrdersPage
            }
            OrdersBoard {
                path: "/orders/board",
                title: ("주문: 매장", "Orders: restaurant"),
                area: Area::Apps,
                topics: &[Topic::Orders],
                skeleton: Shape::Cards,
                draw: features::orders::OrdersBoardPage
            }
            OrdersRider {
                path: "/orders/rider",
                title: ("주문: 라이더", "Orders: rider"),
                area: Area::Apps,
                topics: &[Topic::Orders],
                skeleton: Shape::Cards,
                draw: features::orders::OrdersRiderPage
            }
            Price {
                path: "/bitcoin",
                title: ("비트코인 시세", "Bitcoin price"),
                area: Area::Apps,
                topics: &[Topic::Price],
                skeleton: Shape::Figure,
                draw: features::price::PricePage
            }
            Counter {
                path: "/counter",
                title: ("함께 세는 수", "Shared counter"),
                area: Area::Apps,
                topics: &[Topic::Counter],
                skeleton: Shape::Figure,
                draw: features::counter::CounterPage
            }
            Learn {
                path: "/learn",
                title: ("배우기", "Learn"),
                area: Area::Learn,
                topics: &[],
                skeleton: Shape::Cards,
                draw: lab::index::LearnPage
            }
            LabChat {
                path: "/lab/http",
                title: ("HTTP와 웹소켓", "HTTP and WebSocket"),
                area: Area::Learn,
                topics: &[],
                skeleton: Shape::Rows,
                draw: lab::chat::LabChatPage
            }
            Echo {
                path: "/lab/echo",
                title: ("웹소켓 에코", "WebSocket echo"),
                area: Area::Learn,
                topics: &[],
                skeleton: Shape::Rows,
                draw: lab::echo::EchoPage
            }
            Typing {
                path: "/lab/typing",
                title: ("입력 중", "Typing"),
                area: Area::Learn,
                topics: &[],
                skeleton: Shape::Rows,
                draw: lab::typing::TypingPage
            }
            Sentiment {
                path: "/lab/sentiment",
                title: ("감정 분석", "Sentiment analysis"),
                area: Area::Learn,
                topics: &[],
                skeleton: Shape::Rows,
                draw: lab::sentiment::SentimentPage
            }
            LabNotices {
                path: "/lab/notices",
                title: ("예약 알림", "Scheduled notices"),
                area: Area::Learn,
                topics: &[],
                skeleton: Shape::Rows,
                draw: features::notices::DemonstrationPage
            }
            Transports {
                path: "/lab/transports",
                title: ("왜 웹소켓인가", "Why WebSocket"),
                area: Area::Learn,
                topics: &[],
                skeleton: Shape::Figure,
                draw: lab::transports::TransportsPage
            }
            Components {
                path: "/lab/components",
                title: ("부품", "Components"),
                area: Area::Learn,
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

            pub(crate) const fn title(self) -> Words {
                match self {
                    $(Self::$page => Words::new($ko, $en),)*
                }
            }

            /// The part of the app that the page belongs to.
            pub(crate) fn area(self) -> Area {
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

impl Page {
    /// The app that the page belongs to: that of its topics. None for a page that is always there.
    pub(crate) fn app(self) -> Option<App> {
        self.topics().first().and_then(|topic| topic.app())
    }
}

/// A former address of a page, which still leads there. The server and the service worker find it as the rows of the table.
struct FormerPath {
    path: &'static str,
    page: Page,
}

const FORMER_PATHS: &[FormerPath] = &[FormerPath {
    // The name of the index before version 0.2.
    path: "/lab",
    page: Page::Learn,
}];

/// A part of the app: a link of the rail, or the user's own menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    Chat,
    Inbox,
    Apps,
    Learn,
    /// The settings, which the user's own menu leads to.
    Own,
}

impl Area {
    /// The address of the link.
    pub(crate) fn index(self) -> Route {
        match self {
            Self::Chat => Route::Home,
            Self::Inbox => Route::Page(Page::Notices),
            Self::Apps => Route::Page(Page::Apps),
            Self::Learn => Route::Page(Page::Learn),
            Self::Own => Route::Page(Page::Settings),
        }
    }

    pub(crate) fn title(self) -> Words {
        match self.index() {
            Route::Page(page) => page.title(),
            _ => Words::new("대화", "Chat"),
        }
    }
}

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
        if let Some(former) = FORMER_PATHS.iter().find(|former| former.path == path) {
            return Self::Page(former.page);
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

    pub(crate) fn area(self) -> Area {
        self.page().map_or(Area::Chat, Page::area)
    }

    /// The address that the link back leads to: the index of the area.
    pub(crate) fn parent(self) -> Option<Self> {
        Some(self.area().index()).filter(|index| *index != self)
    }
}

#[cfg(test)]
mod tests;
