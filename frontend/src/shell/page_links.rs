//! The links to the pages, in the panel on the left.

use leptos::prelude::*;

use crate::context::{AppContext, link_to, use_app};
use crate::i18n::Words;
use crate::route::{PAGES, Page, Route};
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::derived;

const PAGE_LINKS: Words = Words::new("마당 둘레", "Apps");

/// A heading and a link to the first page of each area.
pub(super) fn page_links() -> AnyView {
    let app = use_app();
    let listed = PAGES.iter().filter(|page| page.area() == Some(**page));
    let links: Vec<AnyView> = listed.map(|page| page_link(app, *page)).collect();
    view! {
        <h2 class="panel-label">{PAGE_LINKS.now()}</h2>
        <ul class="rooms" data-testid="page-list">{links}</ul>
    }
    .into_any()
}

fn page_link(app: AppContext, page: Page) -> AnyView {
    let current = memo(move || match app.router.get().page() {
        Some(open) if open == page => Some("page"),
        // Another page of the same area is open.
        Some(open) if open.area() == Some(page) => Some("true"),
        _ => None,
    });
    view! {
        <li>
            <a
                class="room"
                href=page.path()
                data-testid=format!("page{}", page.path().replace('/', "-"))
                aria-current=derived(move || current.get())
                on:click=link_to(app, Route::Page(page))
            >
                <span class="room-name">{page.title().now()}</span>
            </a>
        </li>
    }
    .into_any()
}
