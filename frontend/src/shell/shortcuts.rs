//! The dialog that lists the keyboard shortcuts, out of their table.

use leptos::prelude::*;

use super::keys::{Modifier, SHORTCUTS, Shortcut};
use super::palette;
use crate::context::use_app;
use crate::i18n::{Words, tr};
use crate::route::Page;
use crate::ui::dialog;
use crate::ui::erased::events;
use crate::ui::skeleton::Shape;

const TITLE: Words = Words::new("키보드 단축키", "Keyboard shortcuts");
const PATHS_TITLE: Words = Words::new("마우스 없이 다니기", "Without a mouse");
/// The paths of the keyboard: the place, and the keys there. A browser test walks each.
const PATHS: [(Words, Words); 9] = [
    (
        Words::new("어디서나", "Everywhere"),
        Words::new(
            "Tab은 주 메뉴, 방 목록, 머리글, 내용 순서로 옮겨 갑니다. Enter는 열고, Shift Tab은 돌아갑니다.",
            "Tab leads from the main menu to the rooms, the header and the content. Enter opens; Shift Tab goes back.",
        ),
    ),
    (
        palette::TITLE,
        Words::new(
            "Ctrl K로 열어 이름을 쓰고, 위아래 화살표로 고르고 Enter로 갑니다. 초성만 써도, 한/영을 잘못 두고 써도 찾습니다.",
            "Ctrl K opens it. Type a name, Up and Down choose, Enter goes there. Korean initial consonants and the wrong keyboard layout find it, too.",
        ),
    ),
    (
        Words::new("방 목록", "Rooms"),
        Words::new(
            "Tab으로 찾기 칸에 가서 이름을 쓰고, Enter로 첫 방을 엽니다.",
            "Tab leads to the search field. Type a name, Enter opens the first room.",
        ),
    ),
    (
        Words::new("더 보기 메뉴", "Menu in the header"),
        Words::new(
            "Enter로 열고 Tab으로 고릅니다. Esc는 닫고 단추로 돌아갑니다.",
            "Enter opens it, Tab walks through it, Esc closes it and goes back to its button.",
        ),
    ),
    (
        Words::new("대화", "Messages"),
        Words::new(
            "위아래 화살표, Home, End로 메시지를, 오른쪽 화살표로 그 안의 단추를 찾아갑니다. R은 답장, +는 반응, E는 고치기, U는 안 읽음 표시, M은 메뉴입니다.",
            "Up, Down, Home and End walk through the messages; Right leads to the buttons of one. R replies, + reacts, E edits, U marks as unread, M opens the menu.",
        ),
    ),
    (
        Words::new("메시지 쓰기", "Writing a message"),
        Words::new(
            "@를 쓰면 부를 사람이 나옵니다. 이름이나 초성을 쓰고, 위아래 화살표로 고르고 Enter로 넣습니다. Esc는 목록을 닫습니다.",
            "@ lists the people to mention. Type a name or its initial consonants, Up and Down choose, Enter inserts, Esc closes the list.",
        ),
    ),
    (
        Page::Notices.title(),
        Words::new(
            "Tab은 거르개, 설정, 알림 순서로 옮겨 갑니다. Enter는 알림을 엽니다.",
            "Tab leads through the filters, the settings and the notices. Enter opens a notice.",
        ),
    ),
    (
        Page::OrdersBoard.title(),
        Words::new(
            "Tab은 찾기, 거르개, 열마다 주문 순서로 옮겨 갑니다. Enter는 주문을 다음 단계로 보냅니다.",
            "Tab leads from the search to each order, column by column. Enter moves an order one step on.",
        ),
    ),
    (
        Words::new("시세 그래프", "Price chart"),
        Words::new(
            "화살표는 한 점씩, Page Up과 Page Down은 열 점씩, Home과 End는 끝으로 옮깁니다.",
            "Arrows move by a point, Page Up and Page Down by ten, Home and End to the ends.",
        ),
    ),
];
/// The meaning of each shortcut, in the order of their table.
const MEANINGS: [Words; SHORTCUTS.len()] = [
    Words::new("방, 사람, 화면, 설정으로 가기", "Go to a room, person, page or setting"),
    Words::new("위쪽 방으로", "Go to the room above"),
    Words::new("아래쪽 방으로", "Go to the room below"),
    Words::new(
        "열린 창을 닫고, 없으면 메시지 입력란으로",
        "Close what is open, or go to the message field",
    ),
    Words::new("이 목록 보기 (입력 중이 아닐 때)", "Show this list, while not typing"),
];
/// The keys of a message that has the focus; the list of messages listens to them.
const MESSAGE_KEYS: [(&str, Words); 5] = [
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
    (
        "L",
        Words::new("메시지를 나중에 보기로 담기", "Save a message for later, or remove it again"),
    ),
    ("P", Words::new("메시지를 방에 고정하거나 풀기", "Pin a message in its room, or unpin it")),
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
    let paths = PATHS.map(|(place, keys)| {
        view! { <dt>{place.now()}</dt><dd class="hint">{keys.now()}</dd> }.into_any()
    });
    let paths = Vec::from(paths);
    view! {
        <h2 id=TITLE_ID class="dialog-title" tabindex="-1" autofocus=true>{TITLE.now()}</h2>
        <dl class="shortcuts" data-testid="shortcuts">{rows}{Vec::from(of_messages)}</dl>
        <h3 class="shortcuts-title">{PATHS_TITLE.now()}</h3>
        <dl class="shortcuts-paths" data-testid="shortcuts-paths">{paths}</dl>
        <div class="dialog-actions">
            <button class="button" on:click=events::click(move |_| app.shortcuts.set(false))>{tr(|t| t.close)}</button>
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
