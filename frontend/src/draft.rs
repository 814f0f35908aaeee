//! What somebody wrote in some place and did not send, and the field where it is written. A draft
//! outlives a reload of the tab, and not the session.

use leptos::html;
use leptos::prelude::*;
use madang_shared::{Failure, UserId};

use crate::browser;
use crate::ui::field::{characters_left, fit};
use crate::ui::reactive::{derived, effect};
use crate::ui::state::{State, state};

const PREFIX: &str = "madang.draft.";

/// The draft of one place. Copies are the same draft.
#[derive(Clone, Copy)]
pub(crate) struct Draft(StoredValue<String>);

impl Draft {
    pub(crate) fn new(user: UserId, place: &str) -> Self {
        Self(StoredValue::new(format!("{PREFIX}{user}.{place}")))
    }

    pub(crate) fn read(self) -> String {
        let kept = self.0.with_value(|key| browser::session_storage()?.get_item(key).ok()?);
        kept.unwrap_or_default()
    }

    /// Keeps a text in place of what was kept; an empty one leaves nothing.
    pub(crate) fn keep(self, text: &str) {
        let Some(storage) = browser::session_storage() else {
            return;
        };
        self.0.with_value(|key| {
            // What a browser does not let us keep is lost on a reload, and not before.
            drop(if text.is_empty() {
                storage.remove_item(key)
            } else {
                storage.set_item(key, text)
            });
        });
    }
}

/// A field whose text is sent or stays as the draft. Copies are the same field.
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
    /// Begins with the draft. At most `limit` characters can be sent.
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

    /// The text is another one now; answers whether there is any.
    pub(crate) fn changed(self) -> bool {
        let Some(area) = self.area.get_untracked() else { return false };
        let text = area.value();
        self.length.set(text.chars().count());
        self.is_blank.set(text.trim().is_empty());
        self.draft.keep(&text);
        fit(&area);
        !text.is_empty()
    }

    /// Sends the text and empties the field, if the text passes; the focus stays.
    pub(crate) fn send(self, pass: fn(&str) -> Result<String, Failure>, send: impl FnOnce(String)) {
        let Some(area) = self.area.get_untracked() else { return };
        if let Ok(text) = pass(&area.value()) {
            send(text);
            area.set_value("");
            self.changed();
        }
        drop(area.focus());
    }

    /// Whether there is nothing that can be sent.
    pub(crate) fn is_idle(self) -> Signal<bool> {
        derived(move || self.is_blank.get() || self.left.get() < 0)
    }
}

/// Forgets every draft of this tab.
pub(crate) fn forget_all() {
    let Some(storage) = browser::session_storage() else { return };
    let keys = (0..storage.length().unwrap_or(0))
        .filter_map(|index| storage.key(index).ok().flatten())
        .filter(|key| key.starts_with(PREFIX));
    for key in keys.collect::<Vec<_>>() {
        drop(storage.remove_item(&key));
    }
}
