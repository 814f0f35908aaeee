//! Writes a text into the message field as if the user had typed it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

use crate::browser;
use crate::draft::DraftField;

/// Writes a text instead of that between two places, which are counted in UTF-16 code units, and moves the focus behind it.
pub(super) fn replace(field: DraftField, start: u32, end: u32, text: &str) {
    let Some(area) = field.area.get_untracked() else { return };
    browser::focus_on(&area);
    // Fails only for fields without a selection.
    area.set_selection_range(start, end).ok();
    // The command alone keeps the browser's undo.
    let document = document().dyn_into::<HtmlDocument>().ok();
    let is_typed = document.and_then(|document| {
        document.exec_command_with_show_ui_and_value("insertText", false, text).ok()
    });
    if is_typed != Some(true) {
        area.set_range_text(text).ok();
        let end = start.saturating_add(utf16_length(text));
        area.set_selection_range(end, end).ok();
        field.changed();
    }
}

/// Writes a text at the caret, instead of the selected text.
pub(super) fn insert_at_caret(field: DraftField, text: &str) {
    let Some(area) = field.area.get_untracked() else { return };
    let start = area.selection_start().ok().flatten().unwrap_or_default();
    replace(field, start, caret(&area), text);
}

/// The end of the selection, in UTF-16 code units.
pub(super) fn caret(area: &HtmlTextAreaElement) -> u32 {
    area.selection_end().ok().flatten().unwrap_or_default()
}

/// The text before the caret.
pub(super) fn before_caret(area: &HtmlTextAreaElement) -> String {
    let caret = usize::try_from(caret(area)).unwrap_or(usize::MAX);
    let units: Vec<u16> = area.value().encode_utf16().take(caret).collect();
    String::from_utf16_lossy(&units)
}

/// The length of a text as the browser counts.
pub(super) fn utf16_length(text: &str) -> u32 {
    // The browser holds texts that are far shorter.
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}
