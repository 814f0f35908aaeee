//! Grey shapes where messages will be.

use leptos::prelude::*;

use crate::i18n::tr;

/// Shown while content is loading.
#[component]
pub(crate) fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="visually-hidden">{tr(|t| t.loading)}</span>
            <span></span><span></span><span></span><span></span>
        </div>
    }
}
