//! Opening a topic for a reader: resumption or snapshot.

use madang_hub::policy;
use madang_hub::ports::Recovery;
use madang_hub::shared_state::{OpenedState, SharedStateRead, StateVersion};
use madang_shared::{Position, UserId};

use super::{features, log, rights};
use crate::error::StatementError;
use crate::transaction::Transaction;

/// Opens a topic. The caller reads in one transaction, so that the snapshot is true at its position.
pub(crate) fn open_topic(
    transaction: &dyn Transaction,
    reader: UserId,
    shared: &SharedStateRead,
    from: Option<Position>,
    revision: u64,
) -> Result<Recovery, StatementError> {
    let topic = shared.topic();
    rights::require_topic(transaction, reader, topic)?;
    let head = log::position(transaction, topic)?;
    if from.is_some_and(|from| policy::resumes(from, head)) {
        return Ok(Recovery::Resumed { head });
    }
    let version = StateVersion { head, revision };
    let state = shared.at(version, || features::shared_snapshot(transaction, topic))?;
    let own = features::own_snapshot(transaction, reader, topic)?;
    Ok(Recovery::State(OpenedState::new(state, own)))
}
