//! Pinned messages of a room.

use madang_hub::ports::TopicEvent;
use madang_shared::chat::ChatEvent;
use madang_shared::frames::LogPosition;
use madang_shared::pins::{MAX_PINS, Pin};
use madang_shared::{ErrorCode, Failure, RoomId, Seq, Timestamp, Topic, User, UserId};

use super::context::CommandContext;
use super::{log, message_rows, refusals};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// Pins a message, or takes that back.
pub(super) fn change(
    transaction: &dyn Transaction,
    context: &CommandContext,
    (room, message): (RoomId, Seq),
    is_on: bool,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let user = context.author.id;
    if message_rows::find(transaction, user, (room, message))?.is_deleted && is_on {
        return Err(refusals::message_deleted().into());
    }
    let sql = "SELECT 1 FROM pins WHERE room_id = ?1 AND message = ?2";
    if transaction.exists(sql, &values![room.0, message.0])? == is_on {
        return Ok(None);
    }
    if is_on {
        check_room_for_one_more(transaction, room)?;
    }
    let position = log::reserve_position(transaction, Topic::Room(room))?;
    if is_on {
        let sql = "INSERT INTO pins (room_id, message, pinned_by, pinned_at, seq) \
            VALUES (?1, ?2, ?3, ?4, ?5)";
        let (seq, at) = (position.seq, context.at);
        transaction.run(sql, &values![room.0, message.0, user.0, at.0, seq.0])?;
    } else {
        let sql = "DELETE FROM pins WHERE room_id = ?1 AND message = ?2";
        transaction.run(sql, &values![room.0, message.0])?;
    }
    let pin = Pin { message, by: context.author.clone(), at: context.at };
    let event = ChatEvent::Pinned { pin, is_on }.into();
    Ok(Some(log::append(transaction, &position, context.at, &event, appended)?))
}

fn check_room_for_one_more(
    transaction: &dyn Transaction,
    room: RoomId,
) -> Result<(), StatementError> {
    let sql = "SELECT count(*) FROM pins WHERE room_id = ?1";
    if transaction.one(sql, &values![room.0], |row| row.natural(0))? >= MAX_PINS as u64 {
        let message = format!("A room has at most {MAX_PINS} pinned messages.");
        return Err(Failure::new(ErrorCode::TooLong, message).into());
    }
    Ok(())
}

/// The pinned messages after one, in the order in which they were pinned.
pub(super) fn after(
    transaction: &dyn Transaction,
    room: RoomId,
    after: Seq,
) -> Result<Vec<Pin>, StatementError> {
    let sql = "SELECT message, pinned_by, users.name, pinned_at FROM pins \
        JOIN users ON users.id = pinned_by \
        WHERE room_id = ?1 AND message > ?2 ORDER BY seq";
    transaction.all(sql, &values![room.0, after.0], pin)
}

fn pin(row: &Row<'_>) -> Result<Pin, StatementError> {
    let by = User { id: UserId(row.natural(1)?), name: row.string(2) };
    Ok(Pin { message: Seq(row.natural(0)?), by, at: Timestamp(row.natural(3)?) })
}
