//! The line that shows the failure of an act below it.

use leptos::prelude::*;
use madang_shared::Failure;

use crate::i18n::{Lang, use_lang};
use crate::ui::erased::reactive::text;
use crate::ui::erased::signal::State;

/// Shows a failure in the words of `say`; nothing without one.
pub(crate) fn error_line(
    failure: State<Option<Failure>>,
    say: fn(Lang, &Failure) -> String,
) -> AnyView {
    let lang = use_lang();
    let error = text(move || {
        let lang = lang.get();
        failure.with(|failure| failure.as_ref().map(|it| say(lang, it)).unwrap_or_default())
    });
    view! { <p class="error" role="alert" data-testid="act-error">{error}</p> }.into_any()
}
