//! The index of the apps, and the page in place of that of an app that is off.

mod follow;
mod switch;

use leptos::prelude::*;

pub(crate) use self::follow::follow;
use self::switch::switch_lines;
use crate::auth::Auth;
use crate::context::{AppContext, link_to, use_app};
use crate::i18n::{Lang, Words, use_lang};
use crate::route::{Area, Page, Route};
use crate::ui::erased::reactive::{part, text};
use crate::ui::picture::{self, Picture, picture};

const ON: Words = Words::new("켜짐", "On");
const OFF: Words = Words::new("꺼짐", "Off");
const HOW_ON: Words = Words::new("켜는 방법", "How to switch it on");
const HOW_OFF: Words = Words::new("끄는 방법", "How to switch it off");
const NOT_OFFERED: Words = Words::new(
    "이 서버를 운영하는 사람이 꺼 두었습니다.",
    "The operator of this server has it switched off.",
);
const TO_CHAT: Words = Words::new("대화로 돌아가기", "Back to chat");

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
    let auth: Auth = expect_context();
    let cards = move || {
        let cards: Vec<AnyView> = APPS.into_iter().map(|it| card(app, auth, it)).collect();
        cards.into_any()
    };
    view! {
        <div class="page">
            <div class="page-body">
                <ul class="cards" data-testid="apps">{part(cards)}</ul>
            </div>
        </div>
    }
}

fn card(app: AppContext, auth: Auth, (page, shapes, about): (Page, Picture, Words)) -> AnyView {
    let is_on = auth.offers(page);
    let id = format!("page{}", page.path().replace('/', "-"));
    let content = view! {
        {picture(shapes)}
        <strong class="card-title">{page.title().now()}</strong>
        <span class="hint">{about.now()}</span>
    }
    .into_any();
    let content = if is_on {
        view! { <a class="app-open" href=page.path() data-testid=id on:click=link_to(app, Route::Page(page))>{content}</a> }
            .into_any()
    } else {
        view! { <div class="app-open" data-testid=id>{content}</div> }.into_any()
    };
    let (state, how) = if is_on { (ON, HOW_OFF) } else { (OFF, HOW_ON) };
    view! {
        <li class="card app-card" data-on=if is_on { "true" } else { "false" }>
            {content}
            <details class="fold app-switch">
                <summary><span class="tag">{state.now()}</span>{how.now()}</summary>
                {switch_lines(auth, page)}
            </details>
        </li>
    }
    .into_any()
}

/// Stands in place of a page whose app is off.
pub(crate) fn not_offered(page: Page) -> AnyView {
    let app = use_app();
    let auth: Auth = expect_context();
    let lang = use_lang();
    // The first page of the app names it.
    let main = APPS.into_iter().find(|(it, ..)| it.app() == page.app());
    let (page, shapes) = main.map_or((page, picture::PAPER), |(page, shapes, _)| (page, shapes));
    let title = text(move || title(lang.get(), page.title()));
    view! {
        <div class="page">
            <div class="page-body page-reading">
                <section class="card app-off" data-testid="app-off">
                    {picture(shapes)}
                    <h2 class="card-title">{title}</h2>
                    <p>{NOT_OFFERED.now()}</p>
                    <p class="app-off-tools">
                        <a class="button button-strong button-link" href="/" data-testid="to-chat" on:click=link_to(app, Area::Chat.index())>{TO_CHAT.now()}</a>
                        <a class="button button-link" href=Page::Apps.path() on:click=link_to(app, Route::Page(Page::Apps))>{Page::Apps.title().now()}</a>
                    </p>
                    {part(move || switch_lines(auth, page))}
                </section>
            </div>
        </div>
    }
    .into_any()
}

fn title(lang: Lang, app: Words) -> String {
    let name = app.of(lang);
    match lang {
        Lang::Ko => format!("이 서버는 ‘{name}’ 앱을 제공하지 않습니다"),
        Lang::En => format!("This server does not offer the app “{name}”"),
    }
}
