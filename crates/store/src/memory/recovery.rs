//! Opening a topic for a reader: resumption or snapshot.

use madang_hub::policy;
use madang_hub::ports::Recovery;
use madang_hub::shared_state::{OpenedState, SharedStateRead, StateVersion};
use madang_shared::{Failure, Position, Topic, UserId};

use super::state::State;
use super::{features, membership};
use crate::refusals;

/// Opens a topic.
pub(super) fn open_topic(
    state: &State,
    reader: UserId,
    shared: &SharedStateRead,
    from: Option<Position>,
) -> Result<Recovery, Failure> {
    let topic = shared.topic();
    if policy::is_private_to_other(topic, reader) {
        return Err(refusals::not_own_topic());
    }
    if let Some(room) = topic.room() {
        membership::require_member(state, reader, room)?;
    }
    let head = state.log.position(topic)?;
    if from.is_some_and(|from| policy::resumes(from, head)) {
        return Ok(Recovery::Resumed { head });
    }
    let own = features::own_snapshot(state, reader, topic)?;
    // No other program changes this state.
    let version = StateVersion { head, revision: 0 };
    let shared = shared.at(version, || features::shared_snapshot(state, topic))?;
    Ok(Recovery::State(OpenedState::new(shared, own)))
}
