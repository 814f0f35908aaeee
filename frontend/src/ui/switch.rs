//! A switch without words of its own, at the end of a row that names it.

use leptos::prelude::*;

use crate::ui::erased::events;
use crate::ui::erased::reactive::flag;

/// A switch that the element with the id names.
pub(crate) fn labelled_switch(
    id: &'static str,
    labelled_by: &'static str,
    on: impl Fn() -> bool + Send + Sync + 'static,
    toggle: impl Fn() + 'static,
) -> AnyView {
    view! {
        <button class="icon-button switch-button" role="switch" data-testid=id aria-labelledby=labelled_by aria-checked=flag(on) on:click=events::click(move |_| toggle())>
            <span class="switch" aria-hidden="true"></span>
        </button>
    }
    .into_any()
}
