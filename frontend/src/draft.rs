//! Drafts: texts that were typed and not sent, and the fields that hold them. A draft outlives a reload of the
//! tab, but not the session.

use leptos::html;
use leptos::prelude::*;
use madang_shared::{Failure, RoomId, UserId};

use crate::browser;
use crate::ui::erased::reactive::{derived, effect};
use crate::ui::erased::signal::{State, state};
use crate::ui::field::{characters_left, fit};

const PREFIX: &str = "madang.draft.";

/// The saved draft of a field; empty without one.
pub(crate) fn saved(user: UserId, field: &str) -> String {
    let key = format!("{PREFIX}{user}.{field}");
    let saved = browser::session_storage().and_then(|storage| storage.get_item(&key).ok()?);
    saved.unwrap_or_default()
}

/// The message of a room that the draft of the room answers; its seq as text.
pub(crate) fn of_reply(user: UserId, room: RoomId) -> Draft {
    Draft::new(user, &format!("{room}.reply"))
}

/// The draft of one field. Copies are the same draft.
#[derive(Clone, Copy)]
pub(crate) struct Draft(StoredValue<String>);

impl Draft {
    pub(crate) fn new(user: UserId, field: &str) -> Self {
        Self(StoredValue::new(format!("{PREFIX}{user}.{field}")))
    }

    pub(crate) fn read(self) -> String {
        let saved = self.0.with_value(|key| browser::session_storage()?.get_item(key).ok()?);
        saved.unwrap_or_default()
    }

    /// Saves a text; an empty one removes the draft.
    pub(crate) fn save(self, text: &str) {
        let Some(storage) = browser::session_storage() else {
            return;
        };
        self.0.with_value(|key| {
            if text.is_empty() {
                browser::remove_item(&storage, key);
            } else {
                // A draft that the browser refuses to store is lost on a reload.
                browser::set_item(&storage, key, text);
            }
        });
    }
}

/// A field of several lines whose text is the draft until it is sent. Copies are the same field.
#[derive(Clone, Copy)]
pub(crate) struct DraftField {
    pub(crate) area: NodeRef<html::Textarea>,
    /// See [`characters_left`].
    pub(crate) left: Signal<i64>,
    draft: Draft,
    length: State<usize>,
    is_blank: State<bool>,
}

impl DraftField {
    /// A field with the draft as its text. It sends at most `limit` characters.
    pub(crate) fn new(draft: Draft, limit: usize) -> Self {
        let length = state(0);
        let left = characters_left(length, limit);
        let (area, is_blank) = (NodeRef::new(), state(true));
        let field = Self { area, left, draft, length, is_blank };
        effect(move || {
            if let Some(area) = area.get() {
                area.set_value(&draft.read());
                field.changed();
            }
        });
        field
    }

    /// Saves the changed text as the draft; returns whether the text is not empty.
    pub(crate) fn changed(self) -> bool {
        let Some(area) = self.area.get_untracked() else { return false };
        let text = area.value();
        self.length.set(text.chars().count());
        self.is_blank.set(text.trim().is_empty());
        self.draft.save(&text);
        fit(&area);
        !text.is_empty()
    }

    /// Sends the text and empties the field, if `validate` accepts the text. The focus stays.
    pub(crate) fn send(
        self,
        validate: fn(&str) -> Result<String, Failure>,
        send: impl FnOnce(String),
    ) {
        let Some(area) = self.area.get_untracked() else { return };
        if let Ok(text) = validate(&area.value()) {
            send(text);
            area.set_value("");
            self.changed();
        }
        browser::focus_on(&area);
    }

    /// Whether the text cannot be sent: it is blank or too long.
    pub(crate) fn is_idle(self) -> Signal<bool> {
        derived(move || self.is_blank.get() || self.left.get() < 0)
    }
}

/// Deletes every draft of this tab.
pub(crate) fn delete_all() {
    let Some(storage) = browser::session_storage() else { return };
    for key in browser::keys(&storage, PREFIX) {
        browser::remove_item(&storage, &key);
    }
}
