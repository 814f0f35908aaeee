//! A box of lines, newest last. It follows its end only while the reader is there.

use leptos::html;
use leptos::prelude::*;

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
    // The height of the lines that the reader has seen. A line that came since moves the end, but not the reader.
    let seen_height = StoredValue::new(0);
    let on_scroll = move |_| {
        if let Some(list) = list.get_untracked() {
            let below = seen_height.get_value() - list.client_height() - list.scroll_top();
            let is_at_end = below <= NEAR_END;
            if is_at_end != follows.get_untracked() {
                follows.set(is_at_end);
            }
        }
    };
    effect(move || {
        newest.get();
        // The line is drawn by then, and the reader's own scrolling is reported; the page may be gone.
        request_animation_frame(move || {
            if let Some(follows) = follows.try_get_untracked()
                && let Some(list) = list.get_untracked()
            {
                seen_height.set_value(list.scroll_height());
                if follows {
                    list.set_scroll_top(list.scroll_height());
                }
            }
        });
    });
    view! {
        <div class="lab-lines" role="log" tabindex="0" aria-label=label data-empty=EMPTY.now() data-testid=id data-follows=flag(move || follows.get()) node_ref=list on:scroll=events::change(on_scroll)><ol>{each(items)}</ol></div>
    }
    .into_any()
}
