//! A field for a password, which password managers recognize.

use leptos::html;
use leptos::prelude::*;

use crate::i18n::Words;

/// The typed text of a field.
pub(crate) fn typed(input: NodeRef<html::Input>) -> String {
    input.get_untracked().map(|input| input.value()).unwrap_or_default()
}

/// A labelled field. `kind` is the type of the input, `autocomplete` the purpose that the browser is told.
pub(crate) fn labelled_field(
    id: &'static str,
    label: Words,
    (kind, autocomplete): (&'static str, &'static str),
    error_id: &'static str,
    input: NodeRef<html::Input>,
) -> AnyView {
    view! {
        <label class="label" for=id>{label.now()}</label>
        <input id=id class="field" type=kind autocomplete=autocomplete dir="auto" spellcheck="false" autocapitalize="none" aria-describedby=error_id data-testid=id node_ref=input />
    }
    .into_any()
}
