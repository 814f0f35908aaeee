//! The facts about the server, as this browser last heard them: a visit without a network shows them, too.

use madang_shared::compact;
use madang_shared::workspace::Workspace;

use crate::browser;
use crate::ui::erased::signal::{State, state};

/// `index.html` reads it for the sign-in form.
const KEY: &str = "madang.workspace";

/// The remembered facts.
pub(crate) fn remembered() -> State<Workspace> {
    let known = browser::remembered(KEY).and_then(|text| compact::from_text(&text).ok());
    state(known.unwrap_or_default())
}

/// The server has told its facts.
pub(crate) fn learn(workspace: State<Workspace>, now: Workspace) {
    if workspace.with_untracked(|before| *before != now) {
        browser::remember(KEY, &compact::to_text(&now));
        workspace.set(now);
    }
}
