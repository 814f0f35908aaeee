//! Messages that users have saved for later, with reminders. The rows and the log name messages and hold none of their texts.
//! Messages that wait for their time are in `scheduled`, acts that are due in `due`.

use madang_hub::later::check_time;
use madang_hub::ports::TopicEvent;
use madang_shared::frames::LogPosition;
use madang_shared::later::{
    LaterCommand, LaterEvent, LaterSnapshot, MAX_SAVED_MESSAGES, Reminder, SavedMessage,
    ScheduledMessage,
};
use madang_shared::{RoomId, Seq, Timestamp, Topic, UserId};

use super::context::CommandContext;
use super::{log, message_rows, refusals, scheduled};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// See the table of features.
pub(super) fn topics(author: UserId, _change: &LaterCommand) -> Vec<Topic> {
    vec![Topic::Later(author)]
}

pub(super) fn apply(
    transaction: &dyn Transaction,
    context: &CommandContext,
    change: LaterCommand,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let (user, now) = (context.author.id, context.at);
    let event = match change {
        LaterCommand::Save { room, message, since } => {
            let saved_at = since.unwrap_or(now).min(now);
            save(transaction, user, (room, message), saved_at)?
        }
        LaterCommand::Unsave { room, message } => {
            let sql = "DELETE FROM saved_messages \
                WHERE user_id = ?1 AND room_id = ?2 AND message = ?3";
            let removed = transaction.execute(sql, &values![user.0, room.0, message.0])?;
            (removed > 0).then_some(LaterEvent::Unsaved { room, message })
        }
        LaterCommand::Remind { room, message, at } => {
            remind(transaction, user, (room, message), at, now)?
        }
        LaterCommand::Schedule { room, text, at, reply_to } => {
            let id = context.command;
            let message = ScheduledMessage { id, room, text, at, reply_to, refusal: None };
            Some(scheduled::add(transaction, user, message, now)?)
        }
        LaterCommand::Reschedule { id, at } => {
            scheduled::change_time(transaction, user, id, at, now)?
        }
        LaterCommand::Unschedule { id } => scheduled::remove(transaction, user, id)?,
    };
    event.map(|event| append(transaction, user, now, event, appended)).transpose()
}

/// Saves a message that the user may read. Returns the event; none if it was saved before.
fn save(
    transaction: &dyn Transaction,
    user: UserId,
    (room, message): (RoomId, Seq),
    saved_at: Timestamp,
) -> Result<Option<LaterEvent>, StatementError> {
    if find(transaction, user, (room, message))?.is_some() {
        return Ok(None);
    }
    if message_rows::find(transaction, user, (room, message))?.is_deleted {
        return Err(refusals::message_deleted().into());
    }
    let sql = "SELECT count(*) FROM saved_messages WHERE user_id = ?1";
    if transaction.one(sql, &values![user.0], |row| row.natural(0))? >= MAX_SAVED_MESSAGES as u64 {
        return Err(refusals::too_many_saved_messages().into());
    }
    let sql = "INSERT INTO saved_messages (user_id, room_id, message, saved_at) \
        VALUES (?1, ?2, ?3, ?4)";
    transaction.execute(sql, &values![user.0, room.0, message.0, saved_at.0])?;
    Ok(Some(LaterEvent::Saved(SavedMessage { room, message, saved_at, reminder: None })))
}

/// Sets or removes a reminder. Returns the event; none if nothing changed.
fn remind(
    transaction: &dyn Transaction,
    user: UserId,
    of: (RoomId, Seq),
    at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<LaterEvent>, StatementError> {
    let reminder = at.map(|at| Reminder { at, is_due: false });
    if let Some(at) = at {
        check_time(at, now)?;
        save(transaction, user, of, now)?;
    }
    // Another device may have removed the message meanwhile.
    let Some(saved) = find(transaction, user, of)?.filter(|it| it.reminder != reminder) else {
        return Ok(None);
    };
    let sql = "UPDATE saved_messages SET remind_at = ?4, is_due = 0 \
        WHERE user_id = ?1 AND room_id = ?2 AND message = ?3";
    let (room, message) = of;
    transaction.execute(sql, &values![user.0, room.0, message.0, at.map(|at| at.0)])?;
    Ok(Some(LaterEvent::Saved(SavedMessage { reminder, ..saved })))
}

pub(super) fn snapshot(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<LaterSnapshot, StatementError> {
    let sql = "SELECT room_id, message, saved_at, remind_at, is_due FROM saved_messages \
        WHERE user_id = ?1 ORDER BY room_id, message";
    let saved = transaction.all(sql, &values![user.0], read)?;
    Ok(LaterSnapshot { saved, scheduled: scheduled::all(transaction, user)? })
}

pub(super) fn find(
    transaction: &dyn Transaction,
    user: UserId,
    (room, message): (RoomId, Seq),
) -> Result<Option<SavedMessage>, StatementError> {
    let sql = "SELECT room_id, message, saved_at, remind_at, is_due FROM saved_messages \
        WHERE user_id = ?1 AND room_id = ?2 AND message = ?3";
    transaction.optional(sql, &values![user.0, room.0, message.0], read)
}

fn read(row: &Row<'_>) -> Result<SavedMessage, StatementError> {
    let is_due = row.natural(4)? == 1;
    let reminder = row.optional_natural(3)?.map(Timestamp);
    Ok(SavedMessage {
        room: RoomId(row.natural(0)?),
        message: Seq(row.natural(1)?),
        saved_at: Timestamp(row.natural(2)?),
        reminder: reminder.map(|at| Reminder { at, is_due }),
    })
}

/// Drops what users keep of a deleted room.
pub(super) fn forget_room(
    transaction: &dyn Transaction,
    room: RoomId,
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "SELECT DISTINCT user_id FROM saved_messages WHERE room_id = ?1 ORDER BY user_id";
    let users = transaction.all(sql, &values![room.0], |row| Ok(UserId(row.natural(0)?)))?;
    transaction.execute("DELETE FROM saved_messages WHERE room_id = ?1", &values![room.0])?;
    for user in users {
        append(transaction, user, at, LaterEvent::RoomDeleted(room), appended)?;
    }
    Ok(())
}

pub(super) fn append(
    transaction: &dyn Transaction,
    user: UserId,
    at: Timestamp,
    event: LaterEvent,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let position = log::reserve_position(transaction, Topic::Later(user))?;
    log::append(transaction, &position, at, &event.into(), appended)
}
