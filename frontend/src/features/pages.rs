//! The pages that are no rooms: where each is, what it shows of the hub, and how one gets there.

use leptos::prelude::*;
use madang_shared::Topic;

use crate::features::courtyard::{Yard, link_to, use_yard};
use crate::features::{
    counter, echo, feed, lab, notices, orders, price, sentiment, side_by_side, transports, typing,
};
use crate::i18n::Words;
use crate::route::Route;
use crate::ui::memory::memo;
use crate::ui::reactive::derived;

/// A page that is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Counter,
    Sentiment,
    Lab,
    Typing,
    Feed,
    SideBySide,
    Echo,
    Transports,
    Price,
    Orders,
    OrdersBoard,
    OrdersRider,
    Notices,
}

impl Page {
    pub(crate) const ALL: &[Self] = &[
        Self::Feed,
        Self::Orders,
        Self::OrdersBoard,
        Self::OrdersRider,
        Self::Notices,
        Self::Price,
        Self::Lab,
        Self::SideBySide,
        Self::Echo,
        Self::Typing,
        Self::Sentiment,
        Self::Counter,
        Self::Transports,
    ];

    /// Those with a link of their own in the panel on the left, in this order. The others are reached
    /// from these.
    const LISTED: &[Self] = &[Self::Feed, Self::Orders, Self::Price, Self::Lab];

    /// The listed page through which one comes to this one.
    fn area(self) -> Self {
        match self {
            Self::Orders | Self::OrdersBoard | Self::OrdersRider => Self::Orders,
            Self::Feed | Self::Price | Self::Notices => self,
            Self::Lab
            | Self::SideBySide
            | Self::Echo
            | Self::Typing
            | Self::Sentiment
            | Self::Counter
            | Self::Transports => Self::Lab,
        }
    }

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Counter => "/counter",
            Self::Sentiment => "/lab/sentiment",
            Self::Lab => "/lab",
            Self::Typing => "/lab/typing",
            // `/posts` is where programs ask for the same.
            Self::Feed => "/feed",
            Self::SideBySide => "/lab/http",
            Self::Echo => "/lab/echo",
            Self::Transports => "/lab/transports",
            Self::Price => "/bitcoin",
            Self::Orders => "/orders",
            Self::OrdersBoard => "/orders/board",
            Self::OrdersRider => "/orders/rider",
            Self::Notices => "/notices",
        }
    }

    pub(crate) fn title(self) -> Words {
        match self {
            Self::Counter => counter::TITLE,
            Self::Sentiment => sentiment::TITLE,
            Self::Lab => lab::TITLE,
            Self::Typing => typing::TITLE,
            Self::Feed => feed::TITLE,
            Self::SideBySide => side_by_side::TITLE,
            Self::Echo => echo::TITLE,
            Self::Transports => transports::TITLE,
            Self::Price => price::TITLE,
            Self::Orders => orders::TITLE,
            Self::OrdersBoard => orders::BOARD_TITLE,
            Self::OrdersRider => orders::RIDER_TITLE,
            Self::Notices => notices::TITLE,
        }
    }

    /// What is followed while the page is open.
    pub(crate) fn topics(self) -> &'static [Topic] {
        match self {
            Self::Counter => &[Topic::Counter],
            Self::Feed => &[Topic::Posts],
            // Notices are followed wherever one is.
            Self::Lab
            | Self::SideBySide
            | Self::Echo
            | Self::Typing
            | Self::Sentiment
            | Self::Notices
            | Self::Transports => &[],
            Self::Price => &[Topic::Price],
            Self::Orders | Self::OrdersBoard | Self::OrdersRider => &[Topic::Orders],
        }
    }

    pub(crate) fn draw(self) -> AnyView {
        match self {
            Self::Counter => view! { <counter::CounterPage /> }.into_any(),
            Self::Sentiment => view! { <sentiment::SentimentPage /> }.into_any(),
            Self::Lab => view! { <lab::LabPage /> }.into_any(),
            Self::Typing => view! { <typing::TypingPage /> }.into_any(),
            Self::Feed => view! { <feed::FeedPage /> }.into_any(),
            Self::Notices => view! { <notices::NoticesPage /> }.into_any(),
            Self::SideBySide => view! { <side_by_side::SideBySidePage /> }.into_any(),
            Self::Echo => view! { <echo::EchoPage /> }.into_any(),
            Self::Transports => view! { <transports::TransportsPage /> }.into_any(),
            Self::Price => view! { <price::PricePage /> }.into_any(),
            Self::Orders => view! { <orders::OrdersPage /> }.into_any(),
            Self::OrdersBoard => view! { <orders::OrdersBoardPage /> }.into_any(),
            Self::OrdersRider => view! { <orders::OrdersRiderPage /> }.into_any(),
        }
    }
}

const AROUND: Words = Words::new("마당 둘레", "Around the yard");

/// The ways to the pages, for the panel on the left.
#[component]
pub(crate) fn PageLinks() -> impl IntoView {
    let yard = use_yard();
    let links: Vec<AnyView> = Page::LISTED.iter().map(|page| page_link(yard, *page)).collect();
    view! {
        <h2 class="panel-label">{AROUND.now()}</h2>
        <ul class="rooms" data-testid="page-list">{links}</ul>
    }
}

fn page_link(yard: Yard, page: Page) -> AnyView {
    let route = Route::Page(page);
    let current = memo(move || match yard.router.get().page() {
        Some(open) if open == page => Some("page"),
        // One is in its area, though not on it.
        Some(open) if open.area() == page => Some("true"),
        _ => None,
    });
    view! {
        <li>
            <a
                class="room"
                href=page.path()
                data-testid=format!("page{}", page.path().replace('/', "-"))
                aria-current=derived(move || current.get())
                on:click=link_to(yard, route)
            >
                <span class="room-name">{page.title().now()}</span>
            </a>
        </li>
    }
    .into_any()
}
