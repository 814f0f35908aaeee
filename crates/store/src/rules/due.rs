//! Acts that the server does for users at a time: reminders, and messages that wait.

use madang_hub::chat;
use madang_hub::features::Change;
use madang_hub::later::{DueAct, DueLater};
use madang_hub::ports::{TopicEvent, Write};
use madang_hub::storage::FreeSpace;
use madang_shared::chat::ChatCommand;
use madang_shared::later::{LaterEvent, ScheduledMessage};
use madang_shared::notices::NoticeContent;
use madang_shared::{CommandId, Failure, RoomId, Seq, Timestamp, UserId};

use super::scheduled::FoundScheduled;
use super::{commands, later, notices, scheduled, users};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// The circumstances of an act.
#[derive(Clone, Debug)]
pub struct Settling {
    /// The present time.
    pub now: Timestamp,
    /// Whether a message gets its sentiment.
    pub moods: bool,
    /// The free space of the disk.
    pub free_space: FreeSpace,
}

/// The next acts in the order of their times.
pub(crate) fn next(
    transaction: &dyn Transaction,
    limit: usize,
) -> Result<Vec<DueLater>, StatementError> {
    let rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = "SELECT user_id, remind_at, room_id, message FROM saved_messages \
        WHERE remind_at IS NOT NULL AND is_due = 0 ORDER BY remind_at, user_id LIMIT ?1";
    let mut due = transaction.all(sql, &values![rows], |row| {
        let (room, message) = (RoomId(row.natural(2)?), Seq(row.natural(3)?));
        let (user, at) = (UserId(row.natural(0)?), Timestamp(row.natural(1)?));
        Ok(DueLater { user, at, what: DueAct::Remind { room, message } })
    })?;
    let sql = "SELECT user_id, at, room_id, id FROM scheduled_messages \
        WHERE refusal IS NULL ORDER BY at, user_id LIMIT ?1";
    due.extend(transaction.all(sql, &values![rows], |row| {
        let (room, id) = (RoomId(row.natural(2)?), row.command_id(3));
        let (user, at) = (UserId(row.natural(0)?), Timestamp(row.natural(1)?));
        Ok(DueLater { user, at, what: DueAct::Send { id, room } })
    })?);
    due.sort_by_key(|due| (due.at, due.user));
    due.truncate(limit);
    Ok(due)
}

/// Settles an act, once. Refused if the message is: then nothing has changed, and [`refuse`] records it.
pub(crate) fn settle(
    transaction: &dyn Transaction,
    (due, settling): (DueLater, Settling),
    appended: &mut Vec<TopicEvent>,
) -> Result<bool, StatementError> {
    match due.what {
        DueAct::Remind { room, message } => {
            remind(transaction, due, (room, message), settling.now, appended)
        }
        DueAct::Send { id, .. } => send(transaction, due, id, settling, appended),
    }
}

fn remind(
    transaction: &dyn Transaction,
    DueLater { user, at, .. }: DueLater,
    (room, message): (RoomId, Seq),
    now: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> Result<bool, StatementError> {
    let sql = "UPDATE saved_messages SET is_due = 1 \
        WHERE user_id = ?1 AND room_id = ?2 AND message = ?3 AND remind_at = ?4 AND is_due = 0 \
        AND remind_at <= ?5";
    let row = values![user.0, room.0, message.0, at.0, now.0];
    if transaction.execute(sql, &row)? == 0 {
        return Ok(false);
    }
    notices::append_own(transaction, user, now, &NoticeContent::Reminded { room, message })?;
    if let Some(saved) = later::find(transaction, user, (room, message))? {
        later::append(transaction, user, now, LaterEvent::Saved(saved), appended)?;
    }
    Ok(true)
}

/// Sends a message as its user would now.
fn send(
    transaction: &dyn Transaction,
    due: DueLater,
    id: CommandId,
    Settling { now, moods, free_space }: Settling,
    appended: &mut Vec<TopicEvent>,
) -> Result<bool, StatementError> {
    let Some(FoundScheduled { message, .. }) = find_due(transaction, due, id, now)? else {
        return Ok(false);
    };
    let author = users::find(transaction, due.user)?;
    let ScheduledMessage { room, text, reply_to, .. } = message;
    let command = ChatCommand::Post { room, text, reply_to };
    let mut write = Write::of_command(author, id, now, command.into())?;
    if let (true, Change::Chat(change)) = (moods, &mut write.change) {
        chat::classify(change);
    }
    commands::apply_once(transaction, (write, free_space), appended)?;
    if let Some(event) = scheduled::remove(transaction, due.user, id)? {
        later::append(transaction, due.user, now, event, appended)?;
    }
    Ok(true)
}

/// Keeps a message that was refused at its time, with the reason, and tells its user.
pub(crate) fn refuse(
    transaction: &dyn Transaction,
    (due, now, refusal): (DueLater, Timestamp, Failure),
    appended: &mut Vec<TopicEvent>,
) -> Result<bool, StatementError> {
    let DueAct::Send { id, room } = due.what else { return Ok(false) };
    let Some(found) = find_due(transaction, due, id, now)? else { return Ok(false) };
    let event = scheduled::refuse(transaction, due.user, found, refusal)?;
    later::append(transaction, due.user, now, event, appended)?;
    notices::append_own(transaction, due.user, now, &NoticeContent::NotSent { room })?;
    Ok(true)
}

/// The message of an act, unless it was sent, changed or removed meanwhile.
fn find_due(
    transaction: &dyn Transaction,
    due: DueLater,
    id: CommandId,
    now: Timestamp,
) -> Result<Option<FoundScheduled>, StatementError> {
    let found = scheduled::find(transaction, due.user, id)?;
    Ok(found.filter(|FoundScheduled { message, .. }| {
        message.at == due.at && message.at <= now && message.refusal.is_none()
    }))
}
