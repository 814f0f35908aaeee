//! Decisions as pure functions: names, rights, grants, apps, resumption.

pub mod access;
pub mod audience;
pub mod grants;
pub mod restrictions;
pub mod rights;

use madang_shared::apps::App;
use madang_shared::limits::MAX_RECOVERED_EVENTS;
use madang_shared::validate::is_ignored_in_keys;
use madang_shared::workspace::Workspace;
use madang_shared::{ErrorCode, Failure, Position, RoomId, UserId};
use unicode_normalization::UnicodeNormalization;

/// The key under which a name is unique. Names that look the same to people have the same key:
/// compatibility decomposition, full case folding, composition (Unicode 3.13, D147). `한글` typed on a
/// Mac (as separate letters) and on Windows have one key, and so have `Ｊａｎｅ` and `jane`. Joiners,
/// variation selectors and tags are left out, because not every screen shows their effect.
pub fn name_key(name: &str) -> String {
    // First, because a selector between a letter and its mark would keep them apart.
    let decomposed: String = name.chars().filter(|c| !is_ignored_in_keys(*c)).nfkd().collect();
    let folded = caseless::default_case_fold_str(&decomposed);
    let key = caseless::default_case_fold_str(&folded.nfkd().collect::<String>());
    key.nfkc().collect()
}

/// Whether a client that knows every event up to `from` resumes, in a topic whose last event is at
/// `head`. Otherwise the client gets a snapshot.
pub fn resumes(from: Position, head: Position) -> bool {
    from.epoch == head.epoch
        && from.seq <= head.seq
        && head.seq.since(from.seq) <= MAX_RECOVERED_EVENTS
}

/// Checks that the server offers the app of a command, a query, a signal or a topic. All of them name their app. Needs no
/// query to the store.
///
/// # Errors
/// `unsupported` if the operator has switched the app off.
pub fn check_app(workspace: &Workspace, app: Option<App>) -> Result<(), Failure> {
    match app.filter(|_| !workspace.offers(app)) {
        None => Ok(()),
        Some(app) => {
            let name = app.name();
            let message = format!(
                "This server does not offer the app `{name}`; its operator switches it on with the setting `apps`."
            );
            Err(Failure::new(ErrorCode::Unsupported, message))
        }
    }
}

/// The access to a room that an event has taken from a user. All connections of the user that follow
/// a topic of the room have to check their access again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedAccess {
    /// The user.
    pub user: UserId,
    /// The room.
    pub room: RoomId,
}
