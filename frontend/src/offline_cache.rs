//! State that this browser shows before the server has answered: the last user and the client's cached state.
//! Private, so signing out, or signing in as another user, deletes it.

use madang_client::CachedState;
use madang_shared::{User, UserId, compact};

use crate::browser;

/// The last user; the session itself is in a cookie that no script can read.
const USER_KEY: &str = "madang.known";
const PREFIX: &str = "madang.kept.";

/// The last user in this browser, unless the user has signed out.
pub(crate) fn last_user() -> Option<User> {
    compact::from_text(&browser::remembered(USER_KEY)?).ok()
}

/// Whether there is a last user. Older versions of the app stored only this.
pub(crate) fn had_session() -> bool {
    browser::remembered(USER_KEY).is_some()
}

/// Stores the user, and deletes the state of all others.
pub(crate) fn sign_in(user: &User) {
    delete_all_but(Some(user.id));
    browser::remember(USER_KEY, &compact::to_text(user));
}

/// Deletes the user and all state.
pub(crate) fn sign_out() {
    browser::forget(USER_KEY);
    delete_all_but(None);
}

/// The state that an earlier visit of this user saved.
pub(crate) fn load(user: UserId) -> Option<CachedState> {
    compact::from_text(&browser::remembered(&key(user))?).ok()
}

/// Saves the state for the next visit, unless the user has signed out meanwhile in any tab.
pub(crate) fn save(user: UserId, cached: &CachedState) {
    if last_user().is_some_and(|last| last.id == user) {
        browser::remember(&key(user), &compact::to_text(cached));
    }
}

fn key(user: UserId) -> String {
    format!("{PREFIX}{user}")
}

fn delete_all_but(user: Option<UserId>) {
    let spared = user.map(key);
    let Some(storage) = browser::local_storage() else { return };
    for key in browser::keys(&storage, PREFIX).iter().filter(|key| Some(*key) != spared.as_ref()) {
        browser::remove_item(&storage, key);
    }
}
