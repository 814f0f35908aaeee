//! The facts about the server, as this browser heard them before it had a session: the sign-in form shows the name of
//! the server before the answer.

use madang_shared::compact;
use madang_shared::session::CurrentSession;
use madang_shared::workspace::Workspace;

use crate::browser;

/// The last answer without a session. `index.html` reads it for the sign-in form.
const KEY: &str = "madang.workspace";

/// The remembered facts.
pub(crate) fn remembered() -> Workspace {
    let session = browser::remembered(KEY).and_then(|text| read(&text));
    session.map(|session| session.workspace).unwrap_or_default()
}

/// Reads an answer about the session.
pub(crate) fn read(text: &str) -> Option<CurrentSession> {
    compact::from_text(text).ok()
}

/// Remembers an answer without a session.
pub(crate) fn remember(text: &str) {
    browser::remember(KEY, text);
}
