//! The messages of a room.

use madang_hub::chat::ChatChange;
use madang_hub::notices::excerpt;
use madang_hub::policy;
use madang_hub::ports::TopicEvent;
use madang_shared::chat::{ChatAnswer, ChatEvent, ChatPage, ChatQuery, Guest, PAGE_MESSAGES};
use madang_shared::frames::LogPosition;
use madang_shared::membership::Membership;
use madang_shared::moderation::DeletedBy;
use madang_shared::notices::NoticeContent;
use madang_shared::rooms::Room;
use madang_shared::sentiment::{Mood, Sentiment};
use madang_shared::{Message, RoomId, Seq, Timestamp, Topic, User, UserId};

use super::chat_edit::NewText;
use super::chat_page::ChatPageBuilder;
use super::context::CommandContext;
use super::message_rows::mood_name;
use super::refusals;
use super::skeletons::NameTable;
use super::{
    chat_deletion, chat_edit, log, membership, notice_quotes, reactions, room_facts, users,
};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// See the table of features. The inboxes of mentioned users are not known yet.
pub(super) fn topics(_author: UserId, change: &ChatChange) -> Vec<Topic> {
    match change {
        ChatChange::Post { room, .. }
        | ChatChange::Edit { room, .. }
        | ChatChange::React { room, .. } => vec![Topic::Room(*room)],
        ChatChange::Delete { room, reason, .. } if reason.is_empty() => vec![Topic::Room(*room)],
        ChatChange::Delete { room, .. } => vec![Topic::Administration, Topic::Room(*room)],
    }
}

pub(super) fn apply(
    transaction: &dyn Transaction,
    context: &CommandContext,
    change: ChatChange,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let (room, text, sentiment, guest, mentions) = match change {
        ChatChange::Post { room, text, sentiment, guest, mentions } => {
            (room, text, sentiment, guest, mentions)
        }
        ChatChange::Edit { room, message, text, sentiment, mentions } => {
            let text = NewText { text, sentiment, mentions };
            return chat_edit::edit(transaction, context, (room, message), text, appended);
        }
        ChatChange::React { room, message, emoji, is_on } => {
            let of = (room, message);
            return reactions::change(transaction, context, of, (emoji, is_on), appended);
        }
        ChatChange::Delete { room, message, reason } => {
            return chat_deletion::delete(transaction, context, (room, message), &reason, appended);
        }
    };
    if let Some(guest) = &guest {
        let name_key = policy::name_key(&guest.name);
        if users::is_named(transaction, &name_key)? {
            return Err(refusals::guest_name_taken(&guest.name).into());
        }
        if NameTable::Users.has_look_alike(transaction, &guest.name, &name_key)? {
            return Err(refusals::guest_name_looks_taken(&guest.name).into());
        }
    }
    let position = log::reserve_position(transaction, Topic::Room(room))?;
    let sql = "INSERT INTO messages (room_id, seq, author_id, at, command, text, mood, mood_score, \
        guest_name, guest_connection) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    transaction.execute(
        sql,
        &values![
            room.0,
            position.seq.0,
            context.author.id.0,
            context.at.0,
            context.command.0.as_bytes(),
            &text,
            sentiment.map(|sentiment| mood_name(sentiment.mood)),
            sentiment.map(|sentiment| sentiment.score),
            guest.as_ref().map(|guest| &guest.name),
            guest.as_ref().map(|guest| &guest.connection)
        ],
    )?;
    if !mentions.is_empty() {
        let (message, by) = (position.seq, context.author.clone());
        let what = NoticeContent::Mentioned { room, message, by, excerpt: excerpt(&text) };
        notice_quotes::append_mentions(transaction, context, (room, message), &mentions, &what)?;
    }
    let author = context.author.clone();
    let message = Message {
        seq: position.seq,
        author,
        at: context.at,
        markup: madang_markup::parse(&text).into(),
        text,
        command: context.command,
        sentiment,
        guest,
        deleted: None,
        edited_at: None,
        reactions: Vec::new(),
    };
    let event = ChatEvent::Posted(message).into();
    Ok(Some(log::append(transaction, &position, context.at, &event, appended)?))
}

pub(super) fn answer(
    transaction: &dyn Transaction,
    reader: UserId,
    query: &ChatQuery,
) -> Result<ChatAnswer, StatementError> {
    match *query {
        ChatQuery::Before { room, before, limit } => {
            let between = (membership::sees_after(transaction, reader, room)?, before);
            let page = page(transaction, room, between, limit.min(PAGE_MESSAGES))?;
            Ok(ChatAnswer::Before(page))
        }
        ChatQuery::Reactions { room, message } => {
            reactions::people(transaction, reader, (room, message)).map(ChatAnswer::Reactions)
        }
        ChatQuery::Earlier { room, message } => {
            chat_edit::earlier(transaction, reader, (room, message)).map(ChatAnswer::Earlier)
        }
    }
}

/// The facts and the newest messages of a room.
pub(super) fn state(
    transaction: &dyn Transaction,
    room: RoomId,
) -> Result<(Room, ChatPage), StatementError> {
    state_after(transaction, room, Seq(0))
}

/// The facts of a room, and the newest of its messages after one.
pub(super) fn state_after(
    transaction: &dyn Transaction,
    room: RoomId,
    after: Seq,
) -> Result<(Room, ChatPage), StatementError> {
    let page = page(transaction, room, (after, Seq(u64::MAX)), PAGE_MESSAGES)?;
    Ok((room_facts::find(transaction, room)?, page))
}

/// The reader's own part of a room's state.
pub(super) fn own_membership(
    transaction: &dyn Transaction,
    reader: UserId,
    room: RoomId,
) -> Result<Membership, StatementError> {
    membership::find(transaction, reader, room)
}

fn page(
    transaction: &dyn Transaction,
    room: RoomId,
    (after, before): (Seq, Seq),
    limit: u32,
) -> Result<ChatPage, StatementError> {
    let sql = "SELECT seq, author_id, users.name, at, \
        CASE WHEN users.erased_at IS NULL THEN text ELSE '' END, command, mood, mood_score, \
        guest_name, guest_connection, deleted_by, edited_at \
        FROM messages LEFT JOIN users ON users.id = author_id \
        WHERE room_id = ?1 AND seq < ?2 AND seq > ?4 ORDER BY seq DESC LIMIT ?3";
    // One row beyond the limit shows whether there are older messages.
    let rows = i64::from(limit) + 1;
    let found = values![room.0, before.0, rows, after.0];
    let mut page = ChatPageBuilder::new(limit);
    transaction.visit(sql, &found, &mut |row| Ok(page.add(message(row)?)))?;
    let mut page = page.finish();
    reactions::add_to(transaction, room, &mut page.messages)?;
    Ok(page)
}

fn message(row: &Row<'_>) -> Result<Message, StatementError> {
    // A newer version may have stored a mood that this version does not know.
    let mood = row.optional_string(6).as_deref().and_then(parse_mood);
    let score = row.integer(7).ok().and_then(|score| score.try_into().ok()).unwrap_or_default();
    let sentiment = mood.map(|mood| Sentiment { mood, score });
    // A person that this version does not know has deleted the message all the same.
    let deleted = row.optional_string(10);
    let deleted = deleted.map(|by| DeletedBy::parse(&by).unwrap_or(DeletedBy::Moderator));
    let guest = row.optional_string(8).map(|name| Guest { name, connection: row.string(9) });
    let text = if deleted.is_some() { String::new() } else { row.string(4) };
    Ok(Message {
        seq: Seq(row.natural(0)?),
        author: User { id: UserId(row.natural(1)?), name: row.string(2) },
        at: Timestamp(row.natural(3)?),
        markup: madang_markup::parse(&text).into(),
        text,
        command: row.command_id(5),
        sentiment,
        guest,
        deleted,
        edited_at: row.optional_natural(11)?.map(Timestamp),
        reactions: Vec::new(),
    })
}

fn parse_mood(name: &str) -> Option<Mood> {
    [Mood::Positive, Mood::Neutral, Mood::Negative].into_iter().find(|it| mood_name(*it) == name)
}
