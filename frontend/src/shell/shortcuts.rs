//! The dialog that lists the keyboard shortcuts, out of their table.

use leptos::prelude::*;

use super::keys::{Modifier, SHORTCUTS, Shortcut};
use crate::context::use_app;
use crate::i18n::{Words, tr};
use crate::ui::dialog;
use crate::ui::erased::events;
use crate::ui::icon::Icon;
use crate::ui::skeleton::Shape;

const TITLE: Words = Words::new("키보드 단축키", "Keyboard shortcuts");
const TITLE_ID: &str = "shortcuts-title";

/// The button that opens the dialog.
pub(super) fn opener() -> AnyView {
    let app = use_app();
    view! {
        <button
            class="icon-button shortcuts-button"
            data-testid="open-shortcuts"
            aria-haspopup="dialog"
            aria-label=TITLE.now()
            title=TITLE.now()
            on:click=events::click(move |_| app.shortcuts.set(true))
        >
            {Icon::Keyboard.draw()}
        </button>
    }
    .into_any()
}

/// The dialog. Its content is in the lazy part of the app.
pub(super) fn dialog() -> AnyView {
    let app = use_app();
    dialog::dialog(app.shortcuts, TITLE_ID, move || {
        app.lazy.draw(Shape::Rows, |views| (views.shortcuts)())
    })
}

/// The content of the dialog.
pub(super) fn content() -> AnyView {
    let app = use_app();
    // Apple's keyboards name their modifiers by signs.
    let on_mac = window().navigator().platform().is_ok_and(|name| name.starts_with("Mac"));
    let rows: Vec<AnyView> = SHORTCUTS.iter().map(|shortcut| row(shortcut, on_mac)).collect();
    view! {
        <h2 id=TITLE_ID class="dialog-title">{TITLE.now()}</h2>
        <dl class="shortcuts" data-testid="shortcuts">{rows}</dl>
        <div class="dialog-actions">
            <button class="button" autofocus on:click=events::click(move |_| app.shortcuts.set(false))>{tr(|t| t.close)}</button>
        </div>
    }
    .into_any()
}

fn row(shortcut: &Shortcut, on_mac: bool) -> AnyView {
    let modifier = match (shortcut.modifier, on_mac) {
        (None, _) => None,
        (Some(Modifier::Control), false) => Some("Ctrl"),
        (Some(Modifier::Control), true) => Some("⌘"),
        (Some(Modifier::Alt), false) => Some("Alt"),
        (Some(Modifier::Alt), true) => Some("⌥"),
    };
    let modifier = modifier.map(|name| view! { <kbd>{name}</kbd>" " });
    view! { <dt>{modifier}<kbd>{shortcut.shown}</kbd></dt><dd>{shortcut.meaning.now()}</dd> }
        .into_any()
}
