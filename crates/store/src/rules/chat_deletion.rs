//! The deletion of a message. Its text leaves the tables, the log and the notices that quote it; its place stays.

use madang_hub::chat::redact;
use madang_hub::moderation::no_reason;
use madang_hub::policy::rights::{Need, RoomRight};
use madang_hub::ports::TopicEvent;
use madang_shared::administration::AuditAct;
use madang_shared::chat::ChatEvent;
use madang_shared::frames::LogPosition;
use madang_shared::moderation::DeletedBy;
use madang_shared::{RoomId, Seq, Timestamp, Topic};

use super::context::CommandContext;
use super::message_rows::{self, FoundMessage};
use super::moderation::Origin;
use super::{log, notice_quotes, rights};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Deletes a message as its author or as a moderator.
pub(super) fn delete(
    transaction: &dyn Transaction,
    context: &CommandContext,
    (room, message): (RoomId, Seq),
    reason: &str,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let user = context.author.id;
    let found = message_rows::find(transaction, user, (room, message))?;
    if found.author == user {
        if found.is_deleted {
            return Ok(None);
        }
        let by = (DeletedBy::Author, context.at);
        return erase(transaction, (room, message), by, appended).map(Some);
    }
    rights::require(transaction, user, Need::Room(room, RoomRight::Moderate))?;
    if reason.is_empty() {
        return Err(no_reason().into());
    }
    moderate(transaction, Origin::of(context, reason), (room, message), found, appended)
}

/// Deletes a message of another user, and records it. The caller has checked the right.
pub(super) fn moderate(
    transaction: &dyn Transaction,
    origin: Origin<'_>,
    (room, message): (RoomId, Seq),
    FoundMessage { author, is_deleted, .. }: FoundMessage,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    if is_deleted {
        return Ok(None);
    }
    let at = erase(transaction, (room, message), (DeletedBy::Moderator, origin.at), appended)?;
    let about = (Some(author), Some(room));
    let detail = format!("#{}", message.0);
    origin.record(transaction, AuditAct::DeleteMessage, about, &detail, appended)?;
    Ok(Some(at))
}

fn erase(
    transaction: &dyn Transaction,
    (room, message): (RoomId, Seq),
    (by, at): (DeletedBy, Timestamp),
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let sql = "UPDATE messages SET text = ' ', mood = NULL, mood_score = NULL, edited_at = NULL, \
        reply_to = NULL, deleted_by = ?3 WHERE room_id = ?1 AND seq = ?2";
    transaction.execute(sql, &values![room.0, message.0, by.name()])?;
    for seq in [message].into_iter().chain(message_rows::edits(transaction, (room, message))?) {
        log::redact(transaction, Topic::Room(room), seq, |event| redact(event, by))?;
    }
    message_rows::forget(transaction, (room, message))?;
    for quote in message_rows::quotes(transaction, (room, message))? {
        notice_quotes::forget(transaction, quote, (room, message), at)?;
    }
    let sql = "DELETE FROM message_quotes WHERE room_id = ?1 AND seq = ?2";
    transaction.run(sql, &values![room.0, message.0])?;
    let position = log::reserve_position(transaction, Topic::Room(room))?;
    let event = ChatEvent::MessageDeleted { message, by }.into();
    log::append(transaction, &position, at, &event, appended)
}
