//! What stands where there is nothing yet.

use leptos::prelude::*;

use crate::ui::icon::Mark;

/// The mark, what there is none of, and how that changes. `id` is for tests.
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
