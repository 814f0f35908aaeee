//! The rows that belong to one message: its text, its changes, its reactions, and the notices that quote it.

use madang_shared::sentiment::Mood;
use madang_shared::{RoomId, Seq, Timestamp, UserId};

use super::{membership, refusals};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// A stored message.
#[derive(Clone, Debug)]
pub(super) struct FoundMessage {
    pub(super) author: UserId,
    pub(super) at: Timestamp,
    pub(super) edited_at: Option<Timestamp>,
    pub(super) text: String,
    pub(super) is_deleted: bool,
    /// Whether the author relayed it for a guest.
    pub(super) is_guests: bool,
    /// The message that it answers.
    pub(super) reply_to: Option<Seq>,
}

/// A message that a user may see.
pub(super) fn find(
    transaction: &dyn Transaction,
    reader: UserId,
    (room, message): (RoomId, Seq),
) -> Result<FoundMessage, StatementError> {
    if message <= membership::sees_after(transaction, reader, room)? {
        return Err(refusals::no_message().into());
    }
    find_any(transaction, (room, message))
}

/// A message, for a moderator who was shown it.
pub(super) fn find_any(
    transaction: &dyn Transaction,
    (room, message): (RoomId, Seq),
) -> Result<FoundMessage, StatementError> {
    let sql = "SELECT author_id, deleted_by, at, edited_at, text, guest_name, reply_to \
        FROM messages WHERE room_id = ?1 AND seq = ?2";
    let found = transaction.optional(sql, &values![room.0, message.0], |row| {
        Ok(FoundMessage {
            author: UserId(row.natural(0)?),
            is_deleted: row.optional_string(1).is_some(),
            at: Timestamp(row.natural(2)?),
            edited_at: row.optional_natural(3)?.map(Timestamp),
            text: row.string(4),
            is_guests: row.optional_string(5).is_some(),
            reply_to: row.optional_natural(6)?.map(Seq),
        })
    })?;
    Ok(found.ok_or_else(refusals::no_message)?)
}

/// The author of a message of the room.
pub(super) fn author(
    transaction: &dyn Transaction,
    (room, message): (RoomId, Seq),
) -> Result<Option<UserId>, StatementError> {
    let sql = "SELECT author_id FROM messages WHERE room_id = ?1 AND seq = ?2";
    transaction.optional(sql, &values![room.0, message.0], |row| row.natural(0).map(UserId))
}

/// The notices that quote a message, by their users.
pub(super) fn quotes(
    transaction: &dyn Transaction,
    (room, message): (RoomId, Seq),
) -> Result<Vec<(UserId, Seq)>, StatementError> {
    let sql = "SELECT user_id, notice_seq FROM message_quotes \
        WHERE room_id = ?1 AND seq = ?2 ORDER BY user_id";
    transaction.all(sql, &values![room.0, message.0], |row| {
        Ok((UserId(row.natural(0)?), Seq(row.natural(1)?)))
    })
}

/// The seqs of the events that changed a message.
pub(super) fn edits(
    transaction: &dyn Transaction,
    (room, message): (RoomId, Seq),
) -> Result<Vec<Seq>, StatementError> {
    let sql = "SELECT seq FROM message_edits WHERE room_id = ?1 AND message = ?2 ORDER BY seq";
    transaction.all(sql, &values![room.0, message.0], |row| row.natural(0).map(Seq))
}

/// Drops the earlier texts of a deleted message, and the reactions to it. It is pinned no more.
pub(super) fn forget(
    transaction: &dyn Transaction,
    (room, message): (RoomId, Seq),
) -> Result<(), StatementError> {
    for sql in [
        "DELETE FROM message_edits WHERE room_id = ?1 AND message = ?2",
        "DELETE FROM reactions WHERE room_id = ?1 AND message = ?2",
        "DELETE FROM pins WHERE room_id = ?1 AND message = ?2",
    ] {
        transaction.execute(sql, &values![room.0, message.0])?;
    }
    Ok(())
}

pub(super) fn mood_name(mood: Mood) -> &'static str {
    match mood {
        Mood::Positive => "positive",
        Mood::Neutral => "neutral",
        Mood::Negative => "negative",
    }
}
