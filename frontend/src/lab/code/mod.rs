//! "Show the code": the part of this project that does what a page of the lab shows.

mod excerpt;

use leptos::prelude::*;

use self::excerpt::{cut, end, excerpt, start, text};
use super::index::SOURCE;
use crate::i18n::Words;
use crate::route::Page;
use crate::ui::icon::Icon;

const SHOW: Words = Words::new("코드 보기", "Show the code");

/// A part of a source file.
struct Excerpt {
    path: &'static str,
    text: &'static str,
}

/// The excerpts of a page of the lab.
fn excerpts(page: Page) -> &'static [Excerpt] {
    match page {
        Page::LabChat => {
            const {
                &[
                    excerpt!("crates/web/src/lab/http_call.rs", "fn http_call", "\n}\n"),
                    excerpt!("crates/web/src/lab/chat.rs", "    fn on_message", "\n    }\n"),
                ]
            }
        }
        Page::Echo => {
            const { &[excerpt!("crates/web/src/lab/echo.rs", "impl Demo for Echo", "\n}\n")] }
        }
        Page::Typing => {
            const { &[excerpt!("crates/hub/src/presence/mod.rs", "    pub fn typing(", "\n    }\n")] }
        }
        Page::Sentiment => {
            const { &[excerpt!("crates/sentiment/src/lib.rs", "pub fn classify", "\n}\n")] }
        }
        Page::LabNotices => {
            const { &[excerpt!("crates/server/src/notices/mod.rs", "async fn run(", "\n}\n")] }
        }
        Page::Transports => {
            const {
                &[
                    excerpt!("crates/web/src/lab/transports/push.rs", "async fn events(", "\n}\n"),
                    excerpt!("crates/web/src/lab/transports/push.rs", "impl Demo for", "\n}\n"),
                ]
            }
        }
        _ => &[],
    }
}

/// The folded code of a page.
pub(crate) fn show_code(page: Page) -> AnyView {
    let excerpts: Vec<AnyView> = excerpts(page).iter().map(draw).collect();
    view! {
        <details class="fold lab-below" data-testid="show-code">
            <summary>{SHOW.now()}</summary>
            {excerpts}
        </details>
    }
    .into_any()
}

fn draw(excerpt: &'static Excerpt) -> AnyView {
    let href = format!("{SOURCE}{}", excerpt.path);
    view! {
        <p class="lab-source"><a href=href target="_blank" rel="noopener noreferrer">{excerpt.path}<span class="lab-out">{Icon::Out.draw()}</span></a></p>
        <pre class="lab-code" dir="ltr" translate="no"><code>{excerpt.text}</code></pre>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{Area, PAGES};

    #[test]
    fn every_page_of_the_lab_shows_its_code() {
        for page in PAGES.iter().filter(|page| page.path().starts_with("/lab/")) {
            assert_eq!(page.area(), Area::Learn);
            let excerpts = excerpts(*page);
            assert_eq!(excerpts.is_empty(), *page == Page::Components, "{page:?}");
            for excerpt in excerpts {
                let lines = excerpt.text.lines().count();
                assert!((3..=40).contains(&lines), "{}: {lines} lines", excerpt.path);
                assert!(excerpt.text.trim_end().ends_with('}'), "{}", excerpt.text);
            }
        }
    }
}
