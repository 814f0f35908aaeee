//! The index of the tutorials: their pages, their terms, and the files that do the same here.

mod cards;

use leptos::prelude::*;

pub(crate) use self::cards::SOURCE;
use self::cards::{CARDS, Card, Term};
use crate::auth::Auth;
use crate::context::{link_to, use_app};
use crate::i18n::Words;
use crate::route::{Area, Page, Route};
use crate::ui::erased::reactive::part;
use crate::ui::icon::Icon;
use crate::ui::picture::picture;

const INTRO: Words = Words::new(
    "튜토리얼에서 만들던 것을 여기서 눌러 보고, 그 코드가 어디에 있는지 찾아봅니다.",
    "What the tutorials build, to try here, and where its code is in this project.",
);
const OFF: Words = Words::new("이 서버에서 꺼진 앱입니다:", "Off on this server:");
const TERMS: Words = Words::new("코드에서 찾기", "Find it in the code");
const TERM_COLUMN: Words = Words::new("알고 있던 것", "Term");
const FILE_COLUMN: Words = Words::new("여기서는", "In this project");

/// The page.
#[component]
pub(crate) fn LearnPage() -> impl IntoView {
    let cards: Vec<AnyView> = CARDS.iter().map(card).collect();
    view! {
        <div class="page">
            <div class="page-body">
                <p class="page-intro">{INTRO.now()}</p>
                <div class="lab">{cards}</div>
                <p class="lab-pages">{open_button(Route::Page(Page::Components))}</p>
            </div>
        </div>
    }
}

fn card(card: &'static Card) -> AnyView {
    let auth: Auth = expect_context();
    let terms: Vec<AnyView> = card.terms.iter().map(term_row).collect();
    view! {
        <section class="card lab-card" data-testid=card.id aria-labelledby=card.id>
            <div class="lab-card-head">
                {picture(card.picture)}
                <div>
                    <p class="lab-verb">{card.verb.now()}</p>
                    <h2 id=card.id class="lab-title">{card.title.now()}</h2>
                    <p class="hint">{card.about.now()}</p>
                </div>
            </div>
            {part(move || pages(auth, card.routes))}
            <details class="fold">
                <summary>{TERMS.now()}</summary>
                <table class="lab-table">
                    <thead><tr><th scope="col">{TERM_COLUMN.now()}</th><th scope="col">{FILE_COLUMN.now()}</th></tr></thead>
                    <tbody>{terms}</tbody>
                </table>
            </details>
        </section>
    }
    .into_any()
}

/// The buttons of the pages, and the pages whose app is off.
fn pages(auth: Auth, routes: &[Route]) -> AnyView {
    let is_on = |route: &&Route| route.page().is_none_or(|page| auth.offers(page));
    let (on, off): (Vec<&Route>, Vec<&Route>) = routes.iter().partition(is_on);
    let on: Vec<AnyView> = on.into_iter().map(|route| open_button(*route)).collect();
    let off = off.into_iter().filter_map(|route| route.page());
    let off: Vec<AnyView> = off.enumerate().map(|(index, page)| off_page(index, page)).collect();
    let has_off = !off.is_empty();
    let reason = has_off.then(|| {
        view! { <p class="hint lab-off" data-testid="lab-off">{OFF.now()}{off}</p> }
    });
    view! {
        {(!on.is_empty()).then(|| view! { <div class="lab-pages">{on}</div> })}
        {reason}
    }
    .into_any()
}

/// The name of a page whose app is off, with a link to the page, which says why and how it is switched on.
fn off_page(index: usize, page: Page) -> AnyView {
    view! {
        {if index == 0 { " " } else { ", " }}
        <a href=page.path() on:click=link_to(use_app(), Route::Page(page))>{page.title().now()}</a>
    }
    .into_any()
}

fn open_button(route: Route) -> AnyView {
    let app = use_app();
    let title = route.page().map_or(Area::Chat.title(), Page::title);
    view! {
        <a class="button button-link lab-page" href=route.path() on:click=link_to(app, route)>{title.now()}</a>
    }
    .into_any()
}

fn term_row(term: &'static Term) -> AnyView {
    let href = format!("{SOURCE}{}", term.path);
    view! {
        <tr>
            <th scope="row"><code>{term.wording}</code></th>
            <td>
                <a href=href target="_blank" rel="noopener noreferrer">{term.path}<span class="lab-out">{Icon::Out.draw()}</span></a>
                <code class="lab-name">{term.name}</code>
            </td>
        </tr>
    }
    .into_any()
}
