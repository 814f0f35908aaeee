//! Opening a topic for a reader: resumption or snapshot.

use madang_hub::policy;
use madang_hub::ports::Recovery;
use madang_hub::shared_state::{OpenedState, SharedStateRead, StateVersion};
use madang_shared::{Position, Seq, Topic, UserId};

use super::{chat, features, log, rights};
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
    let sees_after = rights::require_topic(transaction, reader, topic)?;
    let head = log::position(transaction, topic)?;
    if from.is_some_and(|from| from.seq >= sees_after && policy::resumes(from, head)) {
        return Ok(Recovery::Resumed { head });
    }
    let version = StateVersion { head, revision };
    let state = match topic {
        // This reader sees fewer messages than others, so the state is not shared.
        Topic::Room(room) if sees_after > Seq(0) => SharedStateRead::uncached(topic)
            .at(version, || chat::state_after(transaction, room, sees_after).map(Into::into))?,
        _ => shared.at(version, || features::shared_snapshot(transaction, topic))?,
    };
    let own = features::own_snapshot(transaction, reader, topic)?;
    Ok(Recovery::State(OpenedState::new(state, own)))
}
