//! The parts of every new room, named or direct.

use madang_shared::rooms::MAX_ROOMS_MADE;
use madang_shared::{RoomId, Topic, UserId};

use super::{log, refusals};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Creates the topics of a new room.
pub(super) fn create_topics(
    transaction: &dyn Transaction,
    room: RoomId,
) -> Result<(), StatementError> {
    log::create_topic(transaction, Topic::Room(room))?;
    log::create_topic(transaction, Topic::Details(room))
}

/// Refuses a further room of a user who has made very many.
pub(super) fn require_few_rooms(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<(), StatementError> {
    let sql = "SELECT count(*) FROM rooms WHERE made_by = ?1";
    if transaction.one(sql, &values![user.0], |row| row.natural(0))? < MAX_ROOMS_MADE {
        Ok(())
    } else {
        Err(refusals::too_many_rooms().into())
    }
}
