//! A form for one name, such as a user's or a room's: field, error and the state of the request.

use leptos::html;
use leptos::prelude::*;
use madang_shared::Failure;

use crate::browser;
use crate::ui::erased::events;
use crate::ui::erased::reactive::flag;
use crate::ui::erased::signal::{State, state};

/// The state of the form. Copies are the same form.
#[derive(Clone, Copy)]
pub(crate) struct NameForm {
    pub(crate) input: NodeRef<html::Input>,
    pub(crate) failure: State<Option<Failure>>,
    /// A request is under way.
    pub(crate) busy: State<bool>,
}

/// The ids and texts of the form's field.
#[derive(Clone, Copy)]
pub(crate) struct NameFieldOptions {
    pub(crate) id: &'static str,
    pub(crate) test_id: &'static str,
    pub(crate) error_id: &'static str,
    pub(crate) error_test_id: &'static str,
    /// The ids of the error and the hint.
    pub(crate) described_by: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) label: Signal<&'static str>,
    /// The sentence of the failure; empty without one.
    pub(crate) error: Signal<String>,
}

impl NameForm {
    pub(crate) fn new() -> Self {
        Self { input: NodeRef::new(), failure: state(None), busy: state(false) }
    }

    /// The typed text.
    pub(crate) fn text(self) -> String {
        self.input.get_untracked().map(|input| input.value()).unwrap_or_default()
    }

    /// Shows a failure, and lets the user type again.
    pub(crate) fn refuse(self, failure: Failure) {
        self.failure.set(Some(failure));
        self.busy.set(false);
        if let Some(input) = self.input.get_untracked() {
            browser::focus_on(&input);
            input.select();
        }
    }

    /// A request has begun.
    pub(crate) fn start(self) {
        self.failure.set(None);
        self.busy.set(true);
    }

    /// The label, the field and the error.
    pub(crate) fn field(self, options: NameFieldOptions) -> AnyView {
        view! {
            <label class="label" for=options.id>{options.label}</label>
            <input
                id=options.id
                class="field"
                dir="auto"
                data-testid=options.test_id
                autocomplete=options.autocomplete
                spellcheck="false"
                aria-describedby=options.described_by
                aria-invalid=flag(move || self.failure.with(Option::is_some))
                node_ref=self.input
                on:input=events::change(move |_| self.failure.set(None))
            />
            <p id=options.error_id class="error" role="alert" data-testid=options.error_test_id>{options.error}</p>
        }
        .into_any()
    }
}
