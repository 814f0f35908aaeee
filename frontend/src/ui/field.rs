//! Fields of several lines: as high as their text, and with a limit that shows when it is near.

use leptos::prelude::*;
use web_sys::{HtmlElement, HtmlTextAreaElement};

use crate::i18n::use_lang;
use crate::ui::erased::reactive::{derived, flag, text, when};
use crate::ui::erased::signal::State;

/// Makes the field as high as its text; the style sheet says how high at most.
pub(crate) fn fit(area: &HtmlTextAreaElement) {
    let style = HtmlElement::style(area);
    drop(style.set_property("height", "auto"));
    // The border is no part of the scroll height.
    let border = area.offset_height() - area.client_height();
    drop(style.set_property("height", &format!("{}px", area.scroll_height() + border)));
}

/// How many characters are left before the limit; below 0, how many there are too many.
pub(crate) fn characters_left(length: State<usize>, limit: usize) -> Signal<i64> {
    let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    derived(move || whole(limit) - whole(length.get()))
}

/// Says how many are left, once no more than `near` are.
pub(crate) fn limit_line(left: Signal<i64>, near: i64, class: &'static str) -> AnyView {
    let lang = use_lang();
    let line = text(move || lang.get().characters_left(left.get()));
    let draw = move || {
        view! { <p class=class role="status" data-over=flag(move || left.get() < 0)>{line}</p> }
            .into_any()
    };
    when(move || left.get() <= near, draw)
}
