//! Keyboard shortcuts: the table that the listener and the list in `shortcuts` read.

use leptos::ev;
use leptos::prelude::*;

use crate::browser;
use crate::composer::COMPOSER_ID;
use crate::context::{AppContext, MAX_DRAWER_WIDTH, MAX_PHONE_WIDTH, is_at_most};
use crate::features::rooms::listed_rooms;

/// A key that is held while another one is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Modifier {
    /// On Apple's keyboards the command key does the same.
    Control,
    Alt,
}

/// A keyboard shortcut.
pub(super) struct Shortcut {
    pub(super) modifier: Option<Modifier>,
    /// The values of `KeyboardEvent.key`.
    keys: &'static [&'static str],
    /// The key as the list shows it.
    pub(super) shown: &'static str,
    /// Returns whether the browser's own action for the key is replaced.
    run: fn(AppContext) -> bool,
}

/// All shortcuts, in the order of the list. Their meanings are in `shortcuts`, which is in the lazy part of the app.
pub(super) const SHORTCUTS: &[Shortcut] = &[
    Shortcut {
        modifier: Some(Modifier::Control),
        // ㅏ is on the key K of a Korean keyboard.
        keys: &["k", "K", "ㅏ"],
        shown: "K",
        run: show_palette,
    },
    Shortcut {
        modifier: Some(Modifier::Alt),
        keys: &["ArrowUp"],
        shown: "↑",
        run: |app| step(app, false),
    },
    Shortcut {
        modifier: Some(Modifier::Alt),
        keys: &["ArrowDown"],
        shown: "↓",
        run: |app| step(app, true),
    },
    Shortcut { modifier: None, keys: &["Escape"], shown: "Esc", run: escape },
    Shortcut { modifier: None, keys: &["?"], shown: "?", run: show_shortcuts },
];

/// Listens until the session ends.
pub(super) fn listen(app: AppContext) {
    let on_key = window_event_listener(ev::keydown, move |event| {
        if event.default_prevented() {
            return;
        }
        let modifier = if event.ctrl_key() || event.meta_key() {
            Some(Modifier::Control)
        } else {
            event.alt_key().then_some(Modifier::Alt)
        };
        let key = event.key();
        if key == "Enter" && event.repeat() && is_on_button() {
            // Enter that is held down would press one button after another.
            event.prevent_default();
            return;
        }
        let pressed = |it: &&Shortcut| it.modifier == modifier && it.keys.contains(&key.as_str());
        if SHORTCUTS.iter().find(pressed).is_some_and(|shortcut| (shortcut.run)(app)) {
            event.prevent_default();
        }
    });
    on_cleanup(move || on_key.remove());
    let on_resize = window_event_listener(ev::resize, move |_| {
        if !is_at_most(MAX_DRAWER_WIDTH) {
            app.members.set(false);
        }
        let phone = is_at_most(MAX_PHONE_WIDTH);
        if phone != app.phone.get_untracked() {
            app.phone.set(phone);
        }
    });
    on_cleanup(move || on_resize.remove());
}

/// Another dialog keeps the screen.
fn show_palette(app: AppContext) -> bool {
    if !is_focused_in("dialog") {
        app.palette.set(true);
    }
    true
}

/// Closes one thing: the browser closes a dialog by itself.
fn escape(app: AppContext) -> bool {
    if is_focused_in("dialog") {
        return false;
    }
    if app.members.get_untracked() {
        app.show_members(false);
    } else if app.inspector.get_untracked() {
        app.show_inspector(false);
    } else {
        browser::focus(COMPOSER_ID);
    }
    false
}

/// In a field, the key is a character.
fn show_shortcuts(app: AppContext) -> bool {
    let shows = !is_focused_in("input, textarea, select, dialog");
    if shows {
        app.shortcuts.set(true);
    }
    shows
}

/// Opens the room above or below the open one.
fn step(app: AppContext, down: bool) -> bool {
    let rooms = app.driver.store().peek(|client| listed_rooms(app, client));
    let open = app.router.get().room();
    let index = rooms.iter().position(|room| Some(room.id) == open);
    let next = match (index, down) {
        (Some(index), true) => rooms.get(index + 1),
        (Some(index), false) => index.checked_sub(1).and_then(|index| rooms.get(index)),
        (None, _) => rooms.first(),
    };
    if let Some(room) = next {
        app.visit(room.id);
    }
    true
}

fn is_focused_in(selector: &str) -> bool {
    browser::focused().is_some_and(|element| matches!(element.closest(selector), Ok(Some(_))))
}

fn is_on_button() -> bool {
    browser::focused().is_some_and(|element| element.tag_name() == "BUTTON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_has_the_same_widths() {
        let style = include_str!("style.css");
        for width in [MAX_PHONE_WIDTH, MAX_DRAWER_WIDTH] {
            assert!(style.contains(&format!("@media (max-width: {width}px)")));
        }
    }

    #[test]
    fn no_key_has_two_shortcuts() {
        let keys = SHORTCUTS.iter().flat_map(|it| it.keys.iter().map(|key| (it.modifier, *key)));
        let keys: Vec<_> = keys.collect();
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key), "{key:?}");
        }
    }
}
