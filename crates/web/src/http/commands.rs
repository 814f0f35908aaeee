//! Commands over HTTP take the path of commands in frames: the feature decides, the store commits,
//! and the store's event stream notifies all subscribers. A handler needs no access to the hub.

use madang_hub::features;
use madang_hub::ports::{CommandFingerprint, Write};
use madang_hub::storage;
use madang_shared::{Command, ErrorCode, Event, codec};

use crate::http::extract::{CommandUser, IdempotencyKey};
use crate::http::problem::Problem;
use crate::middleware::app_switch;
use crate::state::AppState;

/// Commits a command and returns its event; none if the command found nothing to change. A repeated request
/// gets the event of the first one. The store refuses another command under the same key, except for a key
/// that an earlier version has stored: so the caller compares them too, and answers [`key_reused`] if they
/// differ.
///
/// # Errors
/// The feature's refusal, or the store's.
pub async fn commit(
    state: &AppState,
    user: CommandUser,
    IdempotencyKey(command): IdempotencyKey,
    content: impl Into<Command>,
) -> Result<Option<Event>, Problem> {
    state.check_running()?;
    let content = content.into();
    app_switch::check(state, content.app())?;
    let account = &user.auth.account;
    let now = state.clock.now();
    if let Some(cost) = features::cost(&content) {
        account.charge(cost, now)?;
    }
    let fingerprint = Some(CommandFingerprint::of(&content));
    let change = features::decide(content)?;
    let author = user.author(features::change_needs(&change))?.clone();
    let network = account.network();
    let write = Write { author, command, at: now, fingerprint, network, change };
    storage::charge(account, &write.change, user.body_bytes, now)?;
    let mut results = state.store.commit(vec![write]).await;
    let Some(committed) = results.pop() else {
        return Err(Problem::defect("the store returned no result for a write"));
    };
    let committed = committed?;
    if committed.at.is_none() {
        return Ok(None);
    }
    let event = committed.event.and_then(|content| codec::decode_event(&content).ok());
    event.map(Some).ok_or_else(|| Problem::defect("the store returned no event for a commit"))
}

/// The refusal for a key that another request has used.
pub fn key_reused() -> Problem {
    Problem::new(
        ErrorCode::Invalid,
        "This Idempotency-Key was used for another request; send a new key.",
    )
}
