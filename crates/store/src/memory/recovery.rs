//! Opening a topic for a reader: resumption or snapshot.

use madang_hub::policy;
use madang_hub::ports::Recovery;
use madang_shared::{Failure, Position, Topic, UserId};

use super::state::State;
use super::{features, membership};
use crate::refusals;

/// Opens a topic.
pub(super) fn open_topic(
    state: &State,
    reader: UserId,
    topic: Topic,
    from: Option<Position>,
) -> Result<Recovery, Failure> {
    if policy::is_private_to_other(topic, reader) {
        return Err(refusals::not_own_topic());
    }
    if let Topic::Room(room) = topic {
        membership::require_member(state, reader, room)?;
    }
    let head = state.log.position(topic)?;
    if from.is_some_and(|from| policy::resumes(from, head)) {
        return Ok(Recovery::Resumed { head });
    }
    let snapshot = features::snapshot(state, reader, topic)?;
    Ok(Recovery::State { position: head, snapshot })
}
