//! Keys that belong to an input method, such as that for Korean or Japanese. No listener of the app receives them:
//! one guard stands before all.

use std::cell::RefCell;

use leptos::prelude::window;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, KeyboardEvent};

/// The key code of a press that an input method has taken for itself (UI Events, section 8.3.1).
const TAKEN: u32 = 229;
/// The keys that end a composition, and have a meaning of their own for the app.
const ENDING: [&str; 3] = ["Enter", "NumpadEnter", "Escape"];

/// The owner of a key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    App,
    InputMethod,
    /// The input method, whose composition has ended: the press must not break a line, clear a field, send a form or
    /// close a dialog.
    FinishedInputMethod,
}

/// A key press, as the browser reports it.
#[derive(Clone, Copy, Debug, Default)]
struct Press<'a> {
    code: &'a str,
    is_composing: bool,
    /// The key code says that an input method took the press.
    is_taken: bool,
    with_modifier: bool,
}

/// Distinguishes the presses of an input method from those for the app.
///
/// A press during a composition is marked by `isComposing`. `WebKit` ends the composition before it reports the
/// press that ended it, so that `isComposing` is false and only the key code tells. Some browsers report that press
/// a second time without either mark, so an Enter or Escape belongs to the input method until it is released.
#[derive(Debug, Default)]
struct InputMethodKeys {
    held: Option<&'static str>,
}

impl InputMethodKeys {
    fn pressed(&mut self, press: Press<'_>) -> Owner {
        if press.is_composing || press.is_taken {
            self.held = ENDING.into_iter().find(|ending| *ending == press.code);
        }
        let is_held = self.held == Some(press.code) && !press.with_modifier;
        if is_held && !press.is_composing {
            Owner::FinishedInputMethod
        } else if press.is_composing || press.is_taken {
            Owner::InputMethod
        } else {
            Owner::App
        }
    }

    fn released(&mut self, code: &str) {
        if self.held == Some(code) {
            self.held = None;
        }
    }
}

/// Keeps the keys of input methods from every listener, for as long as the page lives.
pub(crate) fn guard_keys() {
    let keys = RefCell::new(InputMethodKeys::default());
    let listen = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        let mut keys = keys.borrow_mut();
        let Some(press) = event.dyn_ref::<KeyboardEvent>() else {
            if event.type_() == "blur" {
                // The release of a key is reported to another window.
                keys.held = None;
            } else {
                // The browser fills a form in, and reports a key without a name.
                event.stop_propagation();
            }
            return;
        };
        if event.type_() == "keyup" {
            keys.released(&press.code());
            return;
        }
        let owner = keys.pressed(Press {
            code: &press.code(),
            is_composing: press.is_composing(),
            is_taken: press.key_code() == TAKEN,
            with_modifier: press.shift_key()
                || press.ctrl_key()
                || press.alt_key()
                || press.meta_key(),
        });
        if owner != Owner::App {
            event.stop_propagation();
        }
        if owner == Owner::FinishedInputMethod {
            event.prevent_default();
        }
    });
    for name in ["keydown", "keyup", "blur"] {
        // Captured at the window, which no listener precedes. Fails for no name of an event.
        window()
            .add_event_listener_with_callback_and_bool(name, listen.as_ref().unchecked_ref(), true)
            .ok();
    }
    listen.forget();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(code: &str) -> Press<'_> {
        Press { code, ..Press::default() }
    }

    fn composing(code: &str) -> Press<'_> {
        Press { is_composing: true, is_taken: true, ..plain(code) }
    }

    fn taken(code: &str) -> Press<'_> {
        Press { is_taken: true, ..plain(code) }
    }

    fn with_modifier(press: Press<'_>) -> Press<'_> {
        Press { with_modifier: true, ..press }
    }

    #[test]
    fn a_press_belongs_to_the_app_without_an_input_method() {
        let mut keys = InputMethodKeys::default();
        for code in ["Enter", "Escape", "KeyK", ""] {
            assert_eq!(keys.pressed(plain(code)), Owner::App);
            assert_eq!(keys.pressed(with_modifier(plain(code))), Owner::App);
        }
    }

    #[test]
    fn the_press_that_ends_a_composition_belongs_to_the_input_method_until_it_is_released() {
        for code in ENDING {
            let mut keys = InputMethodKeys::default();
            // In Chromium, and in browsers that report it twice.
            assert_eq!(keys.pressed(composing(code)), Owner::InputMethod);
            assert_eq!(keys.pressed(plain(code)), Owner::FinishedInputMethod);
            keys.released("KeyK");
            assert_eq!(keys.pressed(plain(code)), Owner::FinishedInputMethod);
            keys.released(code);
            assert_eq!(keys.pressed(plain(code)), Owner::App);
            // In WebKit.
            assert_eq!(keys.pressed(taken(code)), Owner::FinishedInputMethod);
            keys.released(code);
            assert_eq!(keys.pressed(plain(code)), Owner::App);
        }
    }

    #[test]
    fn a_second_report_of_another_key_or_with_a_modifier_belongs_to_the_app() {
        let mut keys = InputMethodKeys::default();
        assert_eq!(keys.pressed(composing("ArrowLeft")), Owner::InputMethod);
        assert_eq!(keys.pressed(plain("ArrowLeft")), Owner::App, "it moves the cursor");
        // Ctrl+Enter ends the composition and sends.
        assert_eq!(keys.pressed(with_modifier(composing("Enter"))), Owner::InputMethod);
        assert_eq!(keys.pressed(with_modifier(plain("Enter"))), Owner::App);
        // The keyboards of phones name no key.
        assert_eq!(keys.pressed(taken("")), Owner::InputMethod);
        assert_eq!(keys.pressed(plain("")), Owner::App);
    }
}
