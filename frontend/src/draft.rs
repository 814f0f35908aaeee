//! What somebody wrote in some place and did not send. It outlives a reload of the tab, and not the
//! session.

use leptos::prelude::*;
use madang_shared::UserId;

use crate::browser;

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
