//! The editor of a stored text, in its place.

use std::sync::Arc;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use madang_shared::Failure;

use crate::browser;
use crate::i18n::{CANCEL, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, effect};
use crate::ui::erased::signal::{State, state};
use crate::ui::field::{characters_left, fit, limit_line};
use crate::ui::undo_bar::use_undo_bar;

const SAVE: Words = Words::new("저장", "Save");
const CHANGES_DISCARDED: Words =
    Words::new("고친 내용을 버렸습니다.", "Your changes were discarded.");
/// The number of characters left is shown from here down.
const NEAR_LIMIT: i64 = 300;

/// The parts in which editors differ.
pub(crate) struct TextEditor {
    pub(crate) label: Words,
    /// The changed text. It outlives the editor, because a list may draw its row again.
    pub(crate) text: State<String>,
    /// The text before the change.
    pub(crate) stored: String,
    /// The largest number of characters.
    pub(crate) limit: usize,
    pub(crate) validate: fn(&str) -> Result<String, Failure>,
    /// Whether a key press saves the text.
    pub(crate) saves: fn(&ev::KeyboardEvent) -> bool,
    pub(crate) save: Callback<String>,
    /// Closes the editor.
    pub(crate) close: Callback<()>,
    /// Opens the editor again, with the text of before. It outlives the editor.
    pub(crate) reopen: Arc<dyn Fn() + Send + Sync>,
}

/// Whether a key press cancels the change of a text.
pub(crate) fn cancels(event: &ev::KeyboardEvent) -> bool {
    event.key() == "Escape"
}

/// Draws the editor, with the focus in its field.
pub(crate) fn text_editor(editor: TextEditor) -> AnyView {
    let TextEditor { label, text, stored, limit, validate, saves, save, close, reopen } = editor;
    let (lang, undo_bar) = (use_lang().get_untracked(), use_undo_bar());
    let area = NodeRef::<html::Textarea>::new();
    effect(move || {
        let Some(area) = area.get() else { return };
        area.set_value(&text.get_untracked());
        fit(&area);
        browser::focus_on(&area);
    });
    let cancel = Callback::new(move |()| {
        let draft = text.get_untracked();
        close.run(());
        if draft != stored {
            let reopen = Arc::clone(&reopen);
            let undo = move || {
                text.set(draft.clone());
                reopen();
            };
            undo_bar.offer(CHANGES_DISCARDED.of(lang).to_owned(), undo);
        }
    });
    let try_save = move || {
        if let Ok(text) = validate(&text.get_untracked()) {
            save.run(text);
            close.run(());
        }
    };
    let length = state(0);
    effect(move || length.set(text.with(|text| text.chars().count())));
    let left = characters_left(length, limit);
    let is_wrong = derived(move || text.with(|text| validate(text).is_err()));
    view! {
        <form
            class="text-editor"
            on:submit=events::submit(move |event| {
                event.prevent_default();
                try_save();
            })
        >
            <textarea
                class="field text-editor-field"
                dir="auto"
                data-testid="editor"
                aria-label=label.of(lang)
                node_ref=area
                on:input=events::change(move |_| {
                    if let Some(area) = area.get_untracked() {
                        text.set(area.value());
                        fit(&area);
                    }
                })
                on:keydown=events::key(move |event| {
                    if saves(&event) {
                        event.prevent_default();
                        try_save();
                    } else if cancels(&event) {
                        event.prevent_default();
                        cancel.run(());
                    }
                })
            ></textarea>
            <div class="text-editor-actions">
                {limit_line(left, NEAR_LIMIT, "editor-characters-left")}
                <button class="button" type="button" data-testid="edit-cancel" on:click=events::click_once(move |_| cancel.run(()))>{CANCEL.now()}</button>
                <button class="button button-strong" type="submit" data-testid="edit-save" disabled=is_wrong>{SAVE.of(lang)}</button>
            </div>
        </form>
    }
    .into_any()
}
