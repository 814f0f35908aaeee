//! Keyboard shortcuts: the table that the listener and the list in `shortcuts` read.

use leptos::ev;
use leptos::prelude::*;

use crate::browser;
use crate::composer::COMPOSER_ID;
use crate::context::{AppContext, Drawer};
use crate::features::rooms::{FILTER_ID, joined_rooms};
use crate::i18n::Words;

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
    pub(super) meaning: Words,
    /// Returns whether the browser's own action for the key is replaced.
    run: fn(AppContext) -> bool,
}

/// All shortcuts, in the order of the list.
pub(super) const SHORTCUTS: &[Shortcut] = &[
    Shortcut {
        modifier: Some(Modifier::Control),
        // ㅏ is on the key K of a Korean keyboard.
        keys: &["k", "K", "ㅏ"],
        shown: "K",
        meaning: Words::new("방 찾기", "Find a room"),
        run: find_room,
    },
    Shortcut {
        modifier: Some(Modifier::Alt),
        keys: &["ArrowUp"],
        shown: "↑",
        meaning: Words::new("위쪽 방으로", "Go to the room above"),
        run: |app| step(app, false),
    },
    Shortcut {
        modifier: Some(Modifier::Alt),
        keys: &["ArrowDown"],
        shown: "↓",
        meaning: Words::new("아래쪽 방으로", "Go to the room below"),
        run: |app| step(app, true),
    },
    Shortcut {
        modifier: None,
        keys: &["Escape"],
        shown: "Esc",
        meaning: Words::new(
            "열린 창을 닫고, 없으면 메시지 입력란으로",
            "Close what is open, or go to the message field",
        ),
        run: escape,
    },
    Shortcut {
        modifier: None,
        keys: &["?"],
        shown: "?",
        meaning: Words::new("이 목록 보기 (입력 중이 아닐 때)", "Show this list, while not typing"),
        run: show_shortcuts,
    },
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
        if app.drawer.get_untracked().is_some_and(|drawer| !drawer.is_drawer()) {
            app.drawer.set(None);
        }
        // The inspector covers a narrow window and stands beside the content in a wide one.
        if app.inspector.get_untracked() {
            app.inspector.set(true);
        }
    });
    on_cleanup(move || on_resize.remove());
}

fn find_room(app: AppContext) -> bool {
    if Drawer::Rooms.is_drawer() {
        app.drawer.set(Some(Drawer::Rooms));
    }
    request_animation_frame(|| browser::focus(FILTER_ID));
    true
}

/// Closes one thing: the browser closes a dialog by itself.
fn escape(app: AppContext) -> bool {
    if is_focused_in("dialog") {
        return false;
    }
    if app.drawer.get_untracked().is_some() {
        app.close_drawer();
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
    let rooms = app.driver.store().peek(joined_rooms);
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
        for drawer in [Drawer::Rooms, Drawer::Presence] {
            assert!(style.contains(&format!("@media (max-width: {}px)", drawer.max_width())));
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
