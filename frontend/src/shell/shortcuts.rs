//! The dialog that lists the keyboard shortcuts, out of their table.

use leptos::prelude::*;

use super::keys::{Modifier, SHORTCUTS, Shortcut};
use crate::context::use_app;
use crate::i18n::{Words, tr};
use crate::ui::dialog;
use crate::ui::erased::events;
use crate::ui::skeleton::Shape;

const TITLE: Words = Words::new("키보드 단축키", "Keyboard shortcuts");
const PATHS: Words = Words::new(
    "Tab은 주 메뉴, 방 목록, 머리글, 대화, 메시지 입력란 순서로 옮겨 갑니다. 대화 안에서는 위아래 화살표로 메시지를 옮겨 다닙니다.",
    "Tab leads from the main menu to the rooms, the header, the messages and the message field. Among messages, use the arrow keys.",
);
/// The meaning of each shortcut, in the order of their table.
const MEANINGS: [Words; SHORTCUTS.len()] = [
    Words::new("방 찾기", "Find a room"),
    Words::new("위쪽 방으로", "Go to the room above"),
    Words::new("아래쪽 방으로", "Go to the room below"),
    Words::new(
        "열린 창을 닫고, 없으면 메시지 입력란으로",
        "Close what is open, or go to the message field",
    ),
    Words::new("이 목록 보기 (입력 중이 아닐 때)", "Show this list, while not typing"),
];
/// The keys of a message that has the focus; the list of messages listens to them.
const MESSAGE_KEYS: [(&str, Words); 3] = [
    (
        "↑ ↓",
        Words::new(
            "메시지 사이 이동 (대화 안에서)",
            "Move between messages, in the list of messages",
        ),
    ),
    (
        "M",
        Words::new(
            "메시지의 메뉴 열기 (Enter도 같음)",
            "Open the menu of a message; so does Enter",
        ),
    ),
    ("→", Words::new("메시지의 링크와 버튼으로", "Go to the links and buttons of a message")),
];
const TITLE_ID: &str = "shortcuts-title";

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
    let rows: Vec<AnyView> =
        SHORTCUTS.iter().zip(MEANINGS).map(|(it, meaning)| row(it, meaning, on_mac)).collect();
    let of_messages = MESSAGE_KEYS.map(|(key, meaning)| {
        view! { <dt><kbd>{key}</kbd></dt><dd>{meaning.now()}</dd> }.into_any()
    });
    view! {
        <h2 id=TITLE_ID class="dialog-title">{TITLE.now()}</h2>
        <dl class="shortcuts" data-testid="shortcuts">{rows}{Vec::from(of_messages)}</dl>
        <p class="hint shortcuts-paths">{PATHS.now()}</p>
        <div class="dialog-actions">
            <button class="button" autofocus on:click=events::click(move |_| app.shortcuts.set(false))>{tr(|t| t.close)}</button>
        </div>
    }
    .into_any()
}

fn row(shortcut: &Shortcut, meaning: Words, on_mac: bool) -> AnyView {
    let modifier = match (shortcut.modifier, on_mac) {
        (None, _) => None,
        (Some(Modifier::Control), false) => Some("Ctrl"),
        (Some(Modifier::Control), true) => Some("⌘"),
        (Some(Modifier::Alt), false) => Some("Alt"),
        (Some(Modifier::Alt), true) => Some("⌥"),
    };
    let modifier = modifier.map(|name| view! { <kbd>{name}</kbd>" " });
    view! { <dt>{modifier}<kbd>{shortcut.shown}</kbd></dt><dd>{meaning.now()}</dd> }.into_any()
}
