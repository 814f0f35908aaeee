//! The change of a message's text. The event that held the earlier text, and earlier changes, get the new one in their
//! places, and so do the notices that quote the message. The earlier texts are kept apart from the log.

use madang_hub::chat::rewrite;
use madang_hub::notices::{Mention, excerpt};
use madang_hub::policy::rights::{Need, RoomRight};
use madang_hub::ports::TopicEvent;
use madang_shared::chat::{ChatEvent, EarlierText, MAX_EARLIER_TEXTS, MessageEdit};
use madang_shared::frames::LogPosition;
use madang_shared::sentiment::Sentiment;
use madang_shared::{ErrorCode, Failure, RoomId, Seq, Timestamp, Topic, UserId};

use super::administration;
use super::context::CommandContext;
use super::message_rows::{self, FoundMessage, mood_name};
use super::notice_quotes::Notified;
use super::{log, notice_quotes, refusals, rights};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// The changes of one message: each rewrites the events of all earlier ones.
const MAX_EDITS: usize = 100;

/// The new text of a message.
pub(super) struct NewText {
    pub(super) text: String,
    pub(super) sentiment: Option<Sentiment>,
    pub(super) mentions: Vec<Mention>,
}

/// Changes the text of an own message.
pub(super) fn edit(
    transaction: &dyn Transaction,
    context: &CommandContext,
    (room, message): (RoomId, Seq),
    NewText { text, sentiment, mentions }: NewText,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let user = context.author.id;
    let found = message_rows::find(transaction, user, (room, message))?;
    if found.author != user || found.is_guests {
        return Err(refusals::not_own_message().into());
    }
    if found.is_deleted {
        return Err(refusals::message_deleted().into());
    }
    if found.text == text {
        return Ok(None);
    }
    check_time(transaction, found.at, context.at)?;
    let before = message_rows::edits(transaction, (room, message))?;
    if before.len() >= MAX_EDITS {
        let message = format!("The text of a message can be changed {MAX_EDITS} times.");
        return Err(Failure::new(ErrorCode::TooLong, message).into());
    }
    let sql = "UPDATE messages SET text = ?3, mood = ?4, mood_score = ?5, edited_at = ?6 \
        WHERE room_id = ?1 AND seq = ?2";
    let (mood, score) = (sentiment.map(|it| mood_name(it.mood)), sentiment.map(|it| it.score));
    let at = context.at;
    transaction.execute(sql, &values![room.0, message.0, &text, mood, score, at.0])?;

    let (by, markup) = (context.author.clone(), madang_markup::parse(&text).into());
    let edit = MessageEdit { message, by, at, text, markup, sentiment };
    for seq in [message].into_iter().chain(before) {
        log::redact(transaction, Topic::Room(room), seq, |event| rewrite(event, &edit))?;
    }
    let answered = match found.reply_to {
        Some(original) => message_rows::author(transaction, (room, original))?,
        None => None,
    };
    let notified = Notified { mentions: &mentions, answered };
    let excerpt = excerpt(&edit.text);
    for quote in message_rows::quotes(transaction, (room, message))? {
        let what = notified.notice(&context.author, (room, message), quote.0, &excerpt);
        notice_quotes::replace(transaction, quote, (room, message), &what, at)?;
    }
    notice_quotes::append(transaction, context, (room, message), &notified, &excerpt)?;
    let position = log::reserve_position(transaction, Topic::Room(room))?;
    keep_earlier(transaction, (room, message), position.seq, &found)?;
    let event = ChatEvent::MessageEdited(edit).into();
    Ok(Some(log::append(transaction, &position, at, &event, appended)?))
}

/// The earlier texts of a message, the oldest first.
pub(super) fn earlier(
    transaction: &dyn Transaction,
    reader: UserId,
    (room, message): (RoomId, Seq),
) -> Result<Vec<EarlierText>, StatementError> {
    let found = message_rows::find(transaction, reader, (room, message))?;
    if found.author != reader {
        rights::require(transaction, reader, Need::Room(room, RoomRight::Moderate))?;
    }
    let sql = "SELECT at, text FROM message_edits \
        WHERE room_id = ?1 AND message = ?2 AND text IS NOT NULL ORDER BY seq";
    transaction.all(sql, &values![room.0, message.0], |row| {
        Ok(EarlierText { at: Timestamp(row.natural(0)?), text: row.string(1) })
    })
}

/// Refuses a change after the time that the workspace allows.
fn check_time(
    transaction: &dyn Transaction,
    posted: Timestamp,
    now: Timestamp,
) -> Result<(), StatementError> {
    let minutes = administration::settings(transaction)?.edit_minutes.unwrap_or(0);
    if minutes == 0 || now.0 <= posted.0.saturating_add(minutes.saturating_mul(60_000)) {
        return Ok(());
    }
    let message = format!("Messages of this workspace can be changed for {minutes} minutes only.");
    Err(Failure::new(ErrorCode::Forbidden, message).into())
}

fn keep_earlier(
    transaction: &dyn Transaction,
    (room, message): (RoomId, Seq),
    seq: Seq,
    found: &FoundMessage,
) -> Result<(), StatementError> {
    let sql =
        "INSERT INTO message_edits (room_id, message, seq, at, text) VALUES (?1, ?2, ?3, ?4, ?5)";
    let at = found.edited_at.unwrap_or(found.at);
    transaction.execute(sql, &values![room.0, message.0, seq.0, at.0, &found.text])?;
    let sql = "UPDATE message_edits SET text = NULL WHERE room_id = ?1 AND message = ?2 AND seq <= (\
        SELECT seq FROM message_edits WHERE room_id = ?1 AND message = ?2 \
        ORDER BY seq DESC LIMIT 1 OFFSET ?3)";
    transaction.run(sql, &values![room.0, message.0, MAX_EARLIER_TEXTS as u64])
}
