//! What this browser shows before the server has answered: who was signed in last, and what that user saw.
//! Private, so signing out and signing in as somebody else take it away.

use madang_client::CachedState;
use madang_shared::{User, UserId, compact};

use crate::browser;

/// Who was signed in last; the session itself is where no script can read it.
const KNOWN_KEY: &str = "madang.known";
const PREFIX: &str = "madang.kept.";

/// Who was signed in last in this browser, and has not signed out.
pub(crate) fn known() -> Option<User> {
    compact::from_text(&browser::remembered(KNOWN_KEY)?).ok()
}

/// Whether anybody was. An older version of the app kept no more than that.
pub(crate) fn is_anybody_known() -> bool {
    browser::remembered(KNOWN_KEY).is_some()
}

/// This user is signed in now; nothing of others stays.
pub(crate) fn sign_in(user: &User) {
    forget_all_but(Some(user.id));
    browser::remember(KNOWN_KEY, &compact::to_text(user));
}

/// Nobody is signed in any more.
pub(crate) fn sign_out() {
    browser::forget(KNOWN_KEY);
    forget_all_but(None);
}

/// What an earlier visit of this user kept.
pub(crate) fn take(user: UserId) -> Option<CachedState> {
    compact::from_text(&browser::remembered(&key(user))?).ok()
}

/// Keeps it for the next visit, unless the user has signed out meanwhile, in whatever tab.
pub(crate) fn keep(user: UserId, kept: &CachedState) {
    if known().is_some_and(|known| known.id == user) {
        browser::remember(&key(user), &compact::to_text(kept));
    }
}

fn key(user: UserId) -> String {
    format!("{PREFIX}{user}")
}

fn forget_all_but(user: Option<UserId>) {
    let stays = user.map(key);
    let Some(storage) = browser::local_storage() else { return };
    let keys = (0..storage.length().unwrap_or(0))
        .filter_map(|index| storage.key(index).ok().flatten())
        .filter(|key| key.starts_with(PREFIX) && Some(key) != stays.as_ref());
    for key in keys.collect::<Vec<_>>() {
        drop(storage.remove_item(&key));
    }
}
