//! What `index.html` shows before the app runs: the gate, with a field that can be typed into from the first
//! moment on. The app takes over what was typed, and nobody loses a letter.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{HtmlElement, HtmlInputElement};

const FIELD: &str = "early-name";

/// What was done at the gate before the app ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Early {
    pub(crate) name: String,
    /// It was sent, too.
    pub(crate) sent: bool,
}

fn field() -> Option<HtmlInputElement> {
    document().get_element_by_id(FIELD)?.dyn_into().ok()
}

/// Takes over what was typed; nothing once the app has run.
pub(crate) fn early() -> Early {
    let sent = |field: &HtmlInputElement| field.form()?.get_attribute("data-sent");
    field().map_or_else(Early::default, |field| Early {
        name: field.value(),
        sent: sent(&field).is_some(),
    })
}

/// Runs now, or when the syllable that is being composed is whole: an input method lets go of a field that
/// is taken away, and what was typed would be lost.
pub(crate) fn when_nobody_composes(run: impl FnOnce() + 'static) {
    let composing = field().filter(|field| field.get_attribute("data-composing").is_some());
    let Some(field) = composing else { return run() };
    let run = Closure::once_into_js(run);
    let once = web_sys::AddEventListenerOptions::new();
    once.set_once(true);
    drop(field.add_event_listener_with_callback_and_add_event_listener_options(
        "compositionend",
        run.unchecked_ref(),
        &once,
    ));
}

/// Takes it away.
pub(crate) fn remove() {
    for id in ["early-gate", "splash"] {
        let element = document().get_element_by_id(id);
        if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            element.remove();
        }
    }
}
