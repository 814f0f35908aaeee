//! The deletion of a room with everything that was written in it. Its positions in the log stay, without content, and its id
//! is never given out again.

use madang_hub::ports::TopicEvent;
use madang_shared::chat::ChatEvent;
use madang_shared::details::DetailsEvent;
use madang_shared::frames::LogPosition;
use madang_shared::membership::Removal;
use madang_shared::{Event, RoomId, Topic, UserId, codec};

use super::context::CommandContext;
use super::membership::{self, Leaving};
use super::moderation::reports;
use super::{later, log, notice_quotes};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Deletes a room. Returns the position of the last event in its timeline.
pub(super) fn delete(
    transaction: &dyn Transaction,
    context: &CommandContext,
    room: RoomId,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let sql = "SELECT user_id FROM members WHERE room_id = ?1 ORDER BY user_id";
    let members = transaction.all(sql, &values![room.0], |row| Ok(UserId(row.natural(0)?)))?;
    for user in members {
        let removal = Some(Removal::Deleted(context.author.clone()));
        let leaving = Leaving { user, room, removal, reason: "", at: context.at };
        membership::leave(transaction, leaving, appended)?;
    }
    notice_quotes::forget_room(transaction, context, room)?;
    reports::close_room(transaction, room, context.at)?;
    later::forget_room(transaction, room, context.at, appended)?;
    for sql in [
        "DELETE FROM reactions WHERE room_id = ?1",
        "DELETE FROM pins WHERE room_id = ?1",
        "DELETE FROM message_edits WHERE room_id = ?1",
        "DELETE FROM messages WHERE room_id = ?1",
        "DELETE FROM departures WHERE room_id = ?1",
        "DELETE FROM rooms WHERE id = ?1",
    ] {
        transaction.execute(sql, &values![room.0])?;
    }
    replace(transaction, context, Topic::Details(room), &DetailsEvent::Deleted.into(), appended)?;
    replace(transaction, context, Topic::Room(room), &ChatEvent::Deleted.into(), appended)
}

/// Replaces all events of a topic by one event, and appends it: then every cache drops its copies.
fn replace(
    transaction: &dyn Transaction,
    context: &CommandContext,
    topic: Topic,
    event: &Event,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let sql = "UPDATE log SET content = ?2 \
        WHERE topic_id = (SELECT id FROM topics WHERE name = ?1)";
    transaction.execute(sql, &values![topic.to_string(), codec::encode_event(event)])?;
    let position = log::reserve_position(transaction, topic)?;
    log::append(transaction, &position, context.at, event, appended)
}
