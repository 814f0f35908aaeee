//! The index of the tutorials: their pages, their terms, and the files that do the same here.

mod cards;

use leptos::prelude::*;

pub(crate) use self::cards::SOURCE;
use self::cards::{CARDS, Card, Term};
use crate::context::{link_to, use_app};
use crate::i18n::Words;
use crate::route::{Area, Page, Route};
use crate::ui::icon::Icon;
use crate::ui::picture::picture;

const INTRO: Words = Words::new(
    "튜토리얼에서 만들던 것을 여기서 눌러 보고, 그 코드가 어디에 있는지 찾아봅니다.",
    "What the tutorials build, to try here, and where its code is in this project.",
);
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
    let pages: Vec<AnyView> = card.routes.iter().map(|route| open_button(*route)).collect();
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
            <div class="lab-pages">{pages}</div>
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
