//! The index of the apps.

use leptos::prelude::*;

use crate::context::{AppContext, link_to, use_app};
use crate::i18n::Words;
use crate::route::{Page, Route};
use crate::ui::picture::{self, Picture, picture};

/// The apps: the page, the picture and what it is for.
const APPS: [(Page, Picture, Words); 4] = [
    (
        Page::Posts,
        picture::PAPER,
        Words::new(
            "모두가 읽는 글을 올립니다. 고치고 지워도 모든 화면이 바로 바뀝니다.",
            "Posts for everybody. Every screen shows a change at once.",
        ),
    ),
    (
        Page::Orders,
        picture::BOWL,
        Words::new(
            "국수를 주문하고, 매장에서 받고, 라이더가 배달합니다.",
            "Order noodles, cook them in the restaurant, and deliver them.",
        ),
    ),
    (
        Page::Price,
        picture::CURVE,
        Words::new(
            "거래소에서 오는 비트코인 시세를 실시간으로 봅니다.",
            "The price of Bitcoin, live from the exchange.",
        ),
    ),
    (
        Page::Counter,
        picture::COUNT,
        Words::new(
            "수 하나를 모두가 함께 올리고 내립니다.",
            "One number that everybody counts together.",
        ),
    ),
];

/// The page.
#[component]
pub(crate) fn AppsPage() -> impl IntoView {
    let app = use_app();
    let cards: Vec<AnyView> = APPS.into_iter().map(|it| card(app, it)).collect();
    view! {
        <div class="page">
            <div class="page-body">
                <ul class="cards" data-testid="apps">{cards}</ul>
            </div>
        </div>
    }
}

fn card(app: AppContext, (page, shapes, about): (Page, Picture, Words)) -> AnyView {
    view! {
        <li>
            <a class="card" href=page.path() data-testid=format!("page{}", page.path().replace('/', "-")) on:click=link_to(app, Route::Page(page))>
                {picture(shapes)}
                <strong class="card-title">{page.title().now()}</strong>
                <span class="hint">{about.now()}</span>
            </a>
        </li>
    }
    .into_any()
}
