//! The editor of a stored message, and its earlier texts.

use std::sync::Arc;

use leptos::ev;
use leptos::prelude::*;
use madang_client::{Action, Slice};
use madang_shared::chat::{ChatCommand, EarlierText, MAX_MESSAGE_CHARS};
use madang_shared::{RoomId, Seq, validate};

use crate::context::{AppContext, use_app};
use crate::features::chat::message::{Editor, RowContext};
use crate::i18n::{Words, tr, use_lang};
use crate::time::Times;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::part;
use crate::ui::erased::signal::{State, state};
use crate::ui::text_editor::{TextEditor, text_editor};
use crate::ui::undo_bar::use_undo_bar;

const EDITOR: Words = Words::new("메시지 고치기", "Edit the message");
const CHANGED: Words = Words::new("메시지를 고쳤습니다.", "The message was changed.");
const EARLIER: Words = Words::new("고치기 전의 글", "Earlier versions");
const EARLIER_HINT: Words = Words::new(
    "쓴 사람과 방 관리자만 볼 수 있고, 메시지를 삭제하면 함께 사라집니다.",
    "Only the author and those who moderate the room see them. Deleting the message deletes them too.",
);
const NO_EARLIER: Words = Words::new("남아 있는 글이 없습니다.", "There are none.");
const NOT_LOADED: Words = Words::new("불러오지 못했습니다.", "They could not be loaded.");
const TITLE_ID: &str = "earlier-texts-title";

/// Opens the editor of a message of the user.
pub(super) fn open(editor: Editor, message: Seq, text: String) {
    editor.text.set(text);
    editor.message.set(Some(message));
}

/// The editor, in the row of the message.
pub(crate) fn message_editor(message: Seq) -> AnyView {
    let RowContext { room, editor, .. } = expect_context();
    let (driver, undo_bar) = (use_app().driver, use_undo_bar());
    let lang = use_lang().get_untracked();
    let stored = driver
        .store()
        .peek(|client| Some(client.features().timeline(room)?.message(message)?.text.clone()));
    let before = stored.clone().unwrap_or_default();
    let save = Callback::new(move |text: String| {
        if text == before {
            return;
        }
        driver.command(ChatCommand::Edit { room, message, text });
        let before = before.clone();
        undo_bar.offer(CHANGED.of(lang).to_owned(), move || {
            driver.command(ChatCommand::Edit { room, message, text: before.clone() });
        });
    });
    text_editor(TextEditor {
        label: EDITOR,
        text: editor.text,
        stored: stored.unwrap_or_default(),
        limit: MAX_MESSAGE_CHARS,
        validate: validate::message_text,
        saves,
        save,
        close: Callback::new(move |()| editor.message.set(None)),
        reopen: Arc::new(move || editor.message.set(Some(message))),
    })
}

fn saves(event: &ev::KeyboardEvent) -> bool {
    event.key() == "Enter" && !event.shift_key()
}

/// The dialog of the earlier texts. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct EarlierDialog {
    /// Behind a handle, because the tools are copied into every listener.
    app: StoredValue<AppContext>,
    room: RoomId,
    is_open: State<bool>,
}

impl EarlierDialog {
    pub(super) fn new(room: RoomId) -> Self {
        Self { app: StoredValue::new(use_app()), room, is_open: state(false) }
    }

    /// Requests the earlier texts of a message, and shows them.
    pub(super) fn ask(self, message: Seq) {
        let action = Action::LoadEarlier { room: self.room, message };
        self.app.with_value(|app| app.driver.act(action));
        self.is_open.set(true);
    }

    pub(super) fn draw(self) -> AnyView {
        dialog(self.is_open, TITLE_ID, move || earlier(self))
    }
}

fn earlier(dialog: EarlierDialog) -> AnyView {
    let store = use_app().driver.store();
    let answer = memo(move || {
        store.read(Slice::Timeline, |client| {
            let earlier = client.features().message_questions().earlier.as_ref();
            earlier.and_then(|earlier| earlier.answer.clone())
        })
    });
    let list = part(move || match answer.get() {
        None => view! { <span class="spinner"></span> }.into_any(),
        Some(None) => view! { <p role="alert">{NOT_LOADED.now()}</p> }.into_any(),
        Some(Some(texts)) if texts.is_empty() => {
            view! { <p class="hint">{NO_EARLIER.now()}</p> }.into_any()
        }
        Some(Some(texts)) => texts_of(texts),
    });
    view! {
        <h2 id=TITLE_ID class="dialog-title">{EARLIER.now()}</h2>
        <p class="hint">{EARLIER_HINT.now()}</p>
        {list}
        <div class="dialog-actions">
            <button class="button" autofocus=true data-testid="earlier-close" on:click=events::click(move |_| dialog.is_open.set(false))>{tr(|t| t.close)}</button>
        </div>
    }
    .into_any()
}

fn texts_of(texts: Vec<EarlierText>) -> AnyView {
    let (lang, times) = (use_lang().get_untracked(), Times::new());
    let row = |EarlierText { at, text }| {
        let at = times.full(lang, at);
        view! { <li><span class="hint">{at}</span><p class="user-text" dir="auto">{text}</p></li> }
    };
    let rows: Vec<_> = texts.into_iter().map(row).collect();
    view! { <ol class="earlier-texts" data-testid="earlier-texts">{rows}</ol> }.into_any()
}
