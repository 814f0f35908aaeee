//! A box of lines, newest last. It follows its end only while the reader is there.

use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlDivElement;

use crate::i18n::Words;
use crate::ui::erased::events;
use crate::ui::erased::memo::Memo;
use crate::ui::erased::reactive::{Item, each, effect, flag};
use crate::ui::erased::signal::state;

/// A reader who is this near to the end, in pixels, reads the newest line.
const NEAR_END: i32 = 8;

const EMPTY: Words = Words::new("아직 아무것도 없습니다.", "Nothing yet.");

/// The box. `newest` changes with every new line.
pub(super) fn lines(
    id: &'static str,
    label: Signal<&'static str>,
    newest: Memo<u64>,
    items: Signal<Vec<Item>>,
) -> AnyView {
    let list = NodeRef::<html::Div>::new();
    let follows = state(true);
    // The heights of the lines and of the box that the reader has seen. A line that came since, or another height of
    // the box, moves the end, but not the reader.
    let seen = StoredValue::new((0, 0));
    let to_end = move |list: &HtmlDivElement| {
        seen.set_value((list.scroll_height(), list.client_height()));
        if follows.try_get_untracked() == Some(true) {
            list.set_scroll_top(list.scroll_height());
        }
    };
    let on_scroll = move |_| {
        if let Some(list) = list.get_untracked() {
            let (lines, height) = seen.get_value();
            if height != list.client_height() {
                return to_end(&list);
            }
            let is_at_end = lines - height - list.scroll_top() <= NEAR_END;
            if is_at_end != follows.get_untracked() {
                follows.set(is_at_end);
            }
        }
    };
    effect(move || {
        newest.get();
        // The line is drawn by then, and the reader's own scrolling is reported; the page may be gone.
        request_animation_frame(move || {
            if let Some(list) = list.try_get_untracked().flatten() {
                to_end(&list);
            }
        });
    });
    view! {
        <div class="lab-lines" role="log" tabindex="0" aria-label=label data-empty=EMPTY.now() data-testid=id data-follows=flag(move || follows.get()) node_ref=list on:scroll=events::change(on_scroll)><ol>{each(items)}</ol></div>
    }
    .into_any()
}
