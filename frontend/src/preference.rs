//! The user's choices about how the app looks, which this browser remembers.

use crate::browser;
use crate::ui::erased::signal::{State, state};

/// A choice that is on or off; off until the user switches it on. Copies are the same choice.
#[derive(Clone, Copy)]
pub(crate) struct Preference {
    key: &'static str,
    is_on: State<bool>,
}

impl Preference {
    /// The choice that this browser remembers under the key.
    pub(crate) fn remembered(key: &'static str) -> Self {
        Self { key, is_on: state(browser::remembered(key).is_some()) }
    }

    /// Whether it is on, now and again after a change.
    pub(crate) fn get(self) -> bool {
        self.is_on.get()
    }

    /// Switches it.
    pub(crate) fn toggle(self) {
        let now_on = !self.is_on.get_untracked();
        self.is_on.set(now_on);
        if now_on {
            browser::remember(self.key, "");
        } else {
            browser::forget(self.key);
        }
    }
}
