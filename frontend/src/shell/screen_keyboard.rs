//! The keyboard on a phone's screen. While a field has the focus, the bar of the areas gives it its place.

use std::time::Duration;

use leptos::prelude::*;

use crate::browser;

/// The attribute of the root element that the style sheet knows.
const TYPING: &str = "data-typing";
const FIELD: &str = "input:not([type=checkbox]), textarea";

/// Follows the focus until the session ends. A press that takes the focus from a field ends before the bar comes back:
/// otherwise the page would move away below the finger, and the press would be lost.
pub(super) fn follow_focus() {
    let is_pressed = StoredValue::new(false);
    // The click of a press is a part of the same task.
    let settle = move || {
        let settle = move || {
            if is_pressed.try_get_value() == Some(false) {
                set_typing(has_field());
            }
        };
        set_timeout(settle, Duration::ZERO);
    };
    let press = move |pressed| {
        is_pressed.try_set_value(pressed);
        if !pressed {
            settle();
        }
    };
    on("focusin", move || {
        if has_field() {
            set_typing(true);
        }
    });
    on("focusout", settle);
    on("pointerdown", move || press(true));
    on("pointerup", move || press(false));
    on("pointercancel", move || press(false));
}

fn on(name: &'static str, react: impl Fn() + 'static) {
    listen(name, Box::new(react));
}

#[inline(never)]
fn listen(name: &'static str, react: Box<dyn Fn()>) {
    let listener = window_event_listener_untyped(name, move |_| react());
    on_cleanup(move || listener.remove());
}

fn has_field() -> bool {
    browser::focused().is_some_and(|element| matches!(element.matches(FIELD), Ok(true)))
}

fn set_typing(typing: bool) {
    browser::set_root_attribute(TYPING, if typing { "true" } else { "false" });
}
