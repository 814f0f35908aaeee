//! A box of lines, newest last. It follows its end only while the reader is there.

use leptos::html;
use leptos::prelude::*;

use crate::i18n::Words;
use crate::ui::erased::events;
use crate::ui::erased::memo::Memo;
use crate::ui::erased::reactive::{Item, each, effect};

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
    let is_at_end = StoredValue::new(true);
    // A line that is not drawn yet moves the end, and the browser may scroll by itself: that is not the reader.
    let is_drawing = StoredValue::new(false);
    let on_scroll = move |_| {
        if let Some(list) = list.get_untracked()
            && !is_drawing.get_value()
        {
            let below = list.scroll_height() - list.client_height() - list.scroll_top();
            is_at_end.set_value(below <= NEAR_END);
        }
    };
    effect(move || {
        newest.get();
        is_drawing.set_value(true);
        // The line is drawn by then; the page may be gone.
        request_animation_frame(move || {
            if is_drawing.try_set_value(false).is_none()
                && is_at_end.get_value()
                && let Some(list) = list.get_untracked()
            {
                list.set_scroll_top(list.scroll_height());
            }
        });
    });
    view! {
        <div class="lab-lines" role="log" tabindex="0" aria-label=label data-empty=EMPTY.now() data-testid=id node_ref=list on:scroll=events::change(on_scroll)><ol>{each(items)}</ol></div>
    }
    .into_any()
}
