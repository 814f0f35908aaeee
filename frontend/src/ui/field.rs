//! Fields of several lines: as high as their text, with a line that shows how many characters are left.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlTextAreaElement};

use crate::i18n::use_lang;
use crate::ui::erased::reactive::{derived, flag, text, when};
use crate::ui::erased::signal::State;

/// Makes the field as high as its text. The style sheet sets the maximum.
pub(crate) fn fit(area: &HtmlTextAreaElement) {
    let set = |element: &HtmlElement, name: &str, value: &str| {
        // Setting a height fails for no element of a page.
        HtmlElement::style(element).set_property(name, value).ok();
    };
    let parent = area.parent_element().and_then(|parent| parent.dyn_into::<HtmlElement>().ok());
    // While it is measured, the field takes no less space: a list above it would lose its scroll position.
    if let Some(parent) = &parent {
        set(parent, "min-height", &format!("{}px", parent.offset_height()));
    }
    set(area, "height", "auto");
    // The scroll height does not include the border.
    let border = area.offset_height() - area.client_height();
    set(area, "height", &format!("{}px", area.scroll_height() + border));
    if let Some(parent) = &parent {
        set(parent, "min-height", "");
    }
}

/// The number of characters that are left before the limit; negative above it.
pub(crate) fn characters_left(length: State<usize>, limit: usize) -> Signal<i64> {
    let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    derived(move || whole(limit) - whole(length.get()))
}

/// A line with the number of characters left. Hidden while it is above `near`.
pub(crate) fn limit_line(left: Signal<i64>, near: i64, class: &'static str) -> AnyView {
    let lang = use_lang();
    let line = text(move || lang.get().characters_left(left.get()));
    let draw = move || {
        view! { <p class=class role="status" data-over=flag(move || left.get() < 0)>{line}</p> }
            .into_any()
    };
    when(move || left.get() <= near, draw)
}
