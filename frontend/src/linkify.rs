//! Draws a text with its links, by the rules of `madang_shared::links`. The server finds the links of messages; the app
//! finds those of posts, of messages that are not stored yet, and of messages whose format is not drawn yet.

use leptos::prelude::*;
use madang_shared::links::{CharClass, LinkPiece, pieces};

use crate::i18n::Lang;
use crate::text::is_one_of;

/// Draws a text with its links, and `draw_text` draws the rest. Each link opens in a new window, and tells screen readers
/// so.
pub(crate) fn draw(text: &str, lang: Lang, draw_text: &dyn Fn(&str) -> AnyView) -> Vec<AnyView> {
    let draw = |piece| {
        match piece {
        LinkPiece::Text(text) => draw_text(text),
        LinkPiece::Link(link) => view! {
            <a href=link.to_owned() dir="ltr" target="_blank" rel="noopener noreferrer nofollow">
                {link.to_owned()}<span class="visually-hidden">{format!(" ({})", lang.texts().new_window)}</span>
            </a>
        }
        .into_any(),
    }
    };
    pieces(text, is_in).into_iter().map(draw).collect()
}

fn is_in(c: char, class: CharClass) -> bool {
    is_one_of(c, class.pattern())
}
