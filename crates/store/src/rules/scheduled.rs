//! Messages that wait for their time. One event of the user's topic has the text of each: the events before it, and all once
//! the message is sent or removed, say that it is gone.

use madang_hub::later::check_time;
use madang_shared::later::{
    LaterEvent, MAX_SCHEDULED_BYTES, MAX_SCHEDULED_MESSAGES, ScheduledMessage,
};
use madang_shared::{CommandId, Event, Failure, RoomId, Seq, Timestamp, Topic, UserId, codec};

use super::{log, refusals};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// A stored message that waits, with the seq of the event that has its text.
pub(super) struct FoundScheduled {
    pub(super) message: ScheduledMessage,
    pub(super) seq: Seq,
}

pub(super) fn all(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<Vec<ScheduledMessage>, StatementError> {
    let sql = "SELECT id, room_id, text, at, refusal, seq, reply_to FROM scheduled_messages \
        WHERE user_id = ?1 ORDER BY id";
    transaction.all(sql, &values![user.0], |row| Ok(read(row)?.message))
}

pub(super) fn find(
    transaction: &dyn Transaction,
    user: UserId,
    id: CommandId,
) -> Result<Option<FoundScheduled>, StatementError> {
    let sql = "SELECT id, room_id, text, at, refusal, seq, reply_to FROM scheduled_messages \
        WHERE user_id = ?1 AND id = ?2";
    transaction.optional(sql, &values![user.0, id.0.as_bytes()], read)
}

fn read(row: &Row<'_>) -> Result<FoundScheduled, StatementError> {
    // A newer version may have stored a code that this version does not know.
    let refusal = row.optional_string(4).map(|text| {
        codec::decode_part::<Failure>(&text).unwrap_or_else(|_| refusals::unknown_refusal())
    });
    let message = ScheduledMessage {
        id: row.command_id(0),
        room: RoomId(row.natural(1)?),
        text: row.string(2),
        at: Timestamp(row.natural(3)?),
        reply_to: row.optional_natural(6)?.map(Seq),
        refusal,
    };
    Ok(FoundScheduled { message, seq: Seq(row.natural(5)?) })
}

/// Adds a message. Returns its event, which is the next one of the topic.
pub(super) fn add(
    transaction: &dyn Transaction,
    user: UserId,
    message: ScheduledMessage,
    now: Timestamp,
) -> Result<LaterEvent, StatementError> {
    check_time(message.at, now)?;
    let waiting = all(transaction, user)?;
    let bytes = waiting.iter().chain([&message]).map(|it| it.text.len()).sum::<usize>();
    if waiting.len() >= MAX_SCHEDULED_MESSAGES || bytes > MAX_SCHEDULED_BYTES {
        return Err(refusals::too_many_scheduled_messages().into());
    }
    let sql = "INSERT INTO scheduled_messages (user_id, id, room_id, text, at, seq, reply_to) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let ScheduledMessage { id, room, text, at, reply_to, .. } = &message;
    let seq = next_seq(transaction, user)?;
    let id = id.0.as_bytes();
    transaction
        .execute(sql, &values![user.0, id, room.0, text, at.0, seq.0, reply_to.map(|it| it.0)])?;
    Ok(LaterEvent::Scheduled(message))
}

/// Gives another time to a message. Returns the event; none if nothing changed.
pub(super) fn change_time(
    transaction: &dyn Transaction,
    user: UserId,
    id: CommandId,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<LaterEvent>, StatementError> {
    let Some(FoundScheduled { message, seq }) = find(transaction, user, id)? else {
        return Ok(None);
    };
    if message.at == at && message.refusal.is_none() {
        return Ok(None);
    }
    check_time(at, now)?;
    let message = ScheduledMessage { at, refusal: None, ..message };
    replace(transaction, user, (message, seq)).map(Some)
}

/// Keeps a message that was refused at its time, with the reason.
pub(super) fn refuse(
    transaction: &dyn Transaction,
    user: UserId,
    FoundScheduled { message, seq }: FoundScheduled,
    refusal: Failure,
) -> Result<LaterEvent, StatementError> {
    let message = ScheduledMessage { refusal: Some(refusal), ..message };
    replace(transaction, user, (message, seq))
}

/// Stores a changed message. The next event of the topic has its text, and the earlier one no more.
fn replace(
    transaction: &dyn Transaction,
    user: UserId,
    (message, seq): (ScheduledMessage, Seq),
) -> Result<LaterEvent, StatementError> {
    forget_text(transaction, user, (message.id, seq))?;
    let sql = "UPDATE scheduled_messages SET at = ?3, refusal = ?4, seq = ?5 \
        WHERE user_id = ?1 AND id = ?2";
    let refusal = message.refusal.as_ref().map(codec::encode_part);
    let next = next_seq(transaction, user)?;
    let id = message.id.0.as_bytes();
    transaction.execute(sql, &values![user.0, id, message.at.0, refusal, next.0])?;
    Ok(LaterEvent::Scheduled(message))
}

/// Removes a message. Returns the event; none if it was sent or removed before.
pub(super) fn remove(
    transaction: &dyn Transaction,
    user: UserId,
    id: CommandId,
) -> Result<Option<LaterEvent>, StatementError> {
    let Some(FoundScheduled { seq, .. }) = find(transaction, user, id)? else { return Ok(None) };
    forget_text(transaction, user, (id, seq))?;
    let sql = "DELETE FROM scheduled_messages WHERE user_id = ?1 AND id = ?2";
    transaction.execute(sql, &values![user.0, id.0.as_bytes()])?;
    Ok(Some(LaterEvent::Unscheduled(id)))
}

/// Takes the text out of the event that has it.
fn forget_text(
    transaction: &dyn Transaction,
    user: UserId,
    (id, seq): (CommandId, Seq),
) -> Result<(), StatementError> {
    log::redact(transaction, Topic::Later(user), seq, |event| match event {
        Event::Later(LaterEvent::Scheduled(_)) => Some(LaterEvent::Unscheduled(id).into()),
        _ => None,
    })
}

/// The seq of the event that this transaction appends to the topic next.
fn next_seq(transaction: &dyn Transaction, user: UserId) -> Result<Seq, StatementError> {
    let Seq(head) = log::head(transaction, Topic::Later(user))?;
    Ok(Seq(head.saturating_add(1)))
}
