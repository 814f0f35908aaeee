//! The sign-in form that `index.html` shows before the app runs. It can be typed into at once; the app takes
//! over the typed text, so that no letter is lost.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{HtmlElement, HtmlInputElement};

const FIELD_ID: &str = "early-name";

/// The input of the form before the app ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BootInput {
    pub(crate) name: String,
    pub(crate) submitted: bool,
}

fn field() -> Option<HtmlInputElement> {
    document().get_element_by_id(FIELD_ID)?.dyn_into().ok()
}

/// The input so far; empty once the app has run.
pub(crate) fn take_input() -> BootInput {
    let submitted = |field: &HtmlInputElement| field.form()?.get_attribute("data-sent");
    field().map_or_else(BootInput::default, |field| BootInput {
        name: field.value(),
        submitted: submitted(&field).is_some(),
    })
}

/// Fills the parts of the sign-in page that never change: `index.html` has their picture and their texts.
pub(crate) fn fill_form() {
    for (from, to) in [("gate-about", "gate-about-place"), ("gate-hint", "name-hint")] {
        let place = document().get_element_by_id(to);
        if let (Some(template), Some(place)) = (document().get_element_by_id(from), place) {
            place.set_inner_html(&template.inner_html());
        }
    }
}

/// Runs `run` now, or when the syllable being composed is complete: an input method drops its text when
/// the field is removed.
pub(crate) fn after_composition(run: impl FnOnce() + 'static) {
    let composing = field().filter(|field| field.get_attribute("data-composing").is_some());
    let Some(field) = composing else { return run() };
    let run = Closure::once_into_js(run);
    let once = web_sys::AddEventListenerOptions::new();
    once.set_once(true);
    field
        .add_event_listener_with_callback_and_add_event_listener_options(
            "compositionend",
            run.unchecked_ref(),
            &once,
        )
        // Fails for no name of an event.
        .ok();
}

/// Removes the form and the splash from the page.
pub(crate) fn remove() {
    for id in ["early-gate", "splash"] {
        let element = document().get_element_by_id(id);
        if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            element.remove();
        }
    }
}
