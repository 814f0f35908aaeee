//! The empty state of a list.

use leptos::prelude::*;

use crate::ui::icon::Mark;

/// The logo with a line and a hint. `id` is for tests.
pub(crate) fn empty(
    class: &'static str,
    id: &'static str,
    line: Signal<&'static str>,
    hint: Signal<&'static str>,
) -> AnyView {
    view! {
        <div class=class data-testid=id>
            <Mark />
            <p class="empty-line">{line}</p>
            <p>{hint}</p>
        </div>
    }
    .into_any()
}
