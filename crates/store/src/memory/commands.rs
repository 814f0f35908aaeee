//! Applying commands: each takes effect once, however often it is sent.

use std::sync::Arc;

use madang_hub::ports::{Committed, TopicEvent, Write};
use madang_hub::storage::FreeSpace;
use madang_shared::Failure;
use madang_shared::frames::LogPosition;

use super::features;
use super::state::{AppliedCommand, State};
use crate::context::{CommandContext, require_same};

/// Applies a write if there is space for it, or finds the result of its first application.
pub(super) fn apply(
    state: &mut State,
    free_space: &FreeSpace,
    write: Write,
    appended: &mut Vec<TopicEvent>,
) -> Result<Committed, Failure> {
    let Write { author, command, at, fingerprint, change } = write;
    let key = (author.id, command);
    if let Some(applied) = state.commands.get(&key) {
        require_same(applied.fingerprint, fingerprint)?;
        return Ok(committed(state, applied.at));
    }
    free_space.check_change(&change)?;
    let context = CommandContext { author, command, at };
    let at = features::apply(state, &context, change, appended)?;
    state.commands.insert(key, AppliedCommand { at, fingerprint });
    Ok(committed(state, at))
}

fn committed(state: &State, at: Option<LogPosition>) -> Committed {
    let entry = at.and_then(|at| state.log.entry(at));
    Committed { at, event: entry.map(|entry| Arc::clone(&entry.content)) }
}
