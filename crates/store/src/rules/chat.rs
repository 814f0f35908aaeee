//! The messages of a room.

use std::collections::BTreeSet;

use madang_hub::chat::{ChatChange, NewMessage};
use madang_hub::notices::excerpt;
use madang_hub::policy;
use madang_hub::ports::TopicEvent;
use madang_shared::chat::{
    ChatAnswer, ChatEvent, ChatPage, ChatQuery, Guest, MAX_ASKED_MESSAGES, MAX_PAGE_TEXT_BYTES,
    PAGE_MESSAGES,
};
use madang_shared::frames::LogPosition;
use madang_shared::membership::Membership;
use madang_shared::moderation::DeletedBy;
use madang_shared::pins::Pin;
use madang_shared::rooms::Room;
use madang_shared::sentiment::{Mood, Sentiment};
use madang_shared::{Message, RoomId, Seq, Timestamp, Topic, User, UserId};

use super::chat_edit::NewText;
use super::chat_page::ChatPageBuilder;
use super::context::CommandContext;
use super::message_rows::mood_name;
use super::notice_quotes::Notified;
use super::refusals;
use super::skeletons::NameTable;
use super::{
    chat_deletion, chat_edit, chat_page, log, membership, message_rows, notice_quotes, pins,
    reactions, room_facts, users,
};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// See the table of features. The inboxes of mentioned users are not known yet.
pub(super) fn topics(_author: UserId, change: &ChatChange) -> Vec<Topic> {
    match change {
        ChatChange::Post { room, .. }
        | ChatChange::Edit { room, .. }
        | ChatChange::React { room, .. }
        | ChatChange::Pin { room, .. } => vec![Topic::Room(*room)],
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
    match change {
        ChatChange::Post { room, message } => post(transaction, context, room, message, appended),
        ChatChange::Edit { room, message, text, sentiment, mentions } => {
            let text = NewText { text, sentiment, mentions };
            chat_edit::edit(transaction, context, (room, message), text, appended)
        }
        ChatChange::React { room, message, emoji, is_on } => {
            let of = (room, message);
            reactions::change(transaction, context, of, (emoji, is_on), appended)
        }
        ChatChange::Pin { room, message, is_on } => {
            pins::change(transaction, context, (room, message), is_on, appended)
        }
        ChatChange::Delete { room, message, reason } => {
            chat_deletion::delete(transaction, context, (room, message), &reason, appended)
        }
    }
}

fn post(
    transaction: &dyn Transaction,
    context: &CommandContext,
    room: RoomId,
    NewMessage { text, sentiment, guest, mentions, reply_to }: NewMessage,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    if let Some(guest) = &guest {
        let name_key = policy::name_key(&guest.name);
        if users::is_named(transaction, &name_key)? {
            return Err(refusals::guest_name_taken(&guest.name).into());
        }
        if NameTable::Users.has_look_alike(transaction, &guest.name, &name_key)? {
            return Err(refusals::guest_name_looks_taken(&guest.name).into());
        }
    }
    let answered = match reply_to {
        Some(original) => {
            Some(message_rows::find(transaction, context.author.id, (room, original))?.author)
        }
        None => None,
    };
    let position = log::reserve_position(transaction, Topic::Room(room))?;
    let sql = "INSERT INTO messages (room_id, seq, author_id, at, command, text, mood, mood_score, \
        guest_name, guest_connection, reply_to) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
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
            guest.as_ref().map(|guest| &guest.connection),
            reply_to.map(|original| original.0)
        ],
    )?;
    let notified = Notified { mentions: &mentions, answered };
    if !notified.is_empty() {
        let (of, excerpt) = ((room, position.seq), excerpt(&text));
        notice_quotes::append(transaction, context, of, &notified, &excerpt)?;
    }
    let author = context.author.clone();
    let markup = madang_markup::parse(&text).into();
    let message = Message {
        markup,
        sentiment,
        guest,
        reply_to,
        ..Message::new(position.seq, author, context.at, text, context.command)
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
        ChatQuery::Messages { room, ref messages } => {
            if messages.len() > MAX_ASKED_MESSAGES {
                return Err(refusals::too_many_asked().into());
            }
            let after = membership::sees_after(transaction, reader, room)?;
            let messages: BTreeSet<Seq> = messages.iter().copied().collect();
            asked(transaction, (room, after), &messages, usize::MAX).map(ChatAnswer::Messages)
        }
        ChatQuery::Reactions { room, message } => {
            reactions::people(transaction, reader, (room, message)).map(ChatAnswer::Reactions)
        }
        ChatQuery::Earlier { room, message } => {
            chat_edit::earlier(transaction, reader, (room, message)).map(ChatAnswer::Earlier)
        }
    }
}

/// The facts, the newest messages and the pinned ones of a room.
pub(super) fn state(
    transaction: &dyn Transaction,
    room: RoomId,
) -> Result<(Room, ChatPage, Vec<Pin>), StatementError> {
    state_after(transaction, room, Seq(0))
}

/// The facts of a room, and the newest and the pinned ones of its messages after one.
pub(super) fn state_after(
    transaction: &dyn Transaction,
    room: RoomId,
    after: Seq,
) -> Result<(Room, ChatPage, Vec<Pin>), StatementError> {
    let page = page(transaction, room, (after, Seq(u64::MAX)), PAGE_MESSAGES)?;
    let pins = pins::after(transaction, room, after)?;
    Ok((room_facts::find(transaction, room)?, page, pins))
}

/// The reader's own part of a room's state.
pub(super) fn own_membership(
    transaction: &dyn Transaction,
    reader: UserId,
    room: RoomId,
) -> Result<Membership, StatementError> {
    membership::find(transaction, reader, room)
}

/// The beginning of a query of messages, as [`message`] reads them.
macro_rules! messages {
    () => {
        "SELECT seq, author_id, users.name, at, \
        CASE WHEN users.erased_at IS NULL THEN text ELSE '' END, command, mood, mood_score, \
        guest_name, guest_connection, deleted_by, edited_at, reply_to \
        FROM messages LEFT JOIN users ON users.id = author_id"
    };
}

fn page(
    transaction: &dyn Transaction,
    room: RoomId,
    (after, before): (Seq, Seq),
    limit: u32,
) -> Result<ChatPage, StatementError> {
    let sql = concat!(
        messages!(),
        " WHERE room_id = ?1 AND seq < ?2 AND seq > ?4 ORDER BY seq DESC LIMIT ?3"
    );
    // One row beyond the limit shows whether there are older messages.
    let rows = i64::from(limit) + 1;
    let found = values![room.0, before.0, rows, after.0];
    let mut page = ChatPageBuilder::new(limit);
    transaction.visit(sql, &found, &mut |row| Ok(page.add(message(row)?)))?;
    let mut page = page.finish();
    reactions::add_to(transaction, room, &mut page.messages)?;
    let first = page.messages.first().map_or(Seq(0), |message| message.seq);
    let originals = page.messages.iter().filter_map(|message| message.reply_to);
    let originals: BTreeSet<Seq> = originals.filter(|original| *original < first).collect();
    page.originals = asked(transaction, (room, after), &originals, MAX_PAGE_TEXT_BYTES)?;
    Ok(page)
}

/// Those of the messages that are after one, ascending; the newest ones alone if the texts of all have more bytes than the limit.
fn asked(
    transaction: &dyn Transaction,
    (room, after): (RoomId, Seq),
    seqs: &BTreeSet<Seq>,
    limit: usize,
) -> Result<Vec<Message>, StatementError> {
    let sql = concat!(messages!(), " WHERE room_id = ?1 AND seq = ?2");
    let (mut found, mut bytes) = (Vec::new(), 0);
    for seq in seqs.iter().rev().take_while(|seq| **seq > after) {
        let Some(mut one) = transaction.optional(sql, &values![room.0, seq.0], message)? else {
            continue;
        };
        // One by one, because all reactions between the first and the last would be read.
        reactions::add_to(transaction, room, std::slice::from_mut(&mut one))?;
        bytes += chat_page::text_bytes(&one);
        if bytes > limit {
            break;
        }
        found.push(one);
    }
    found.reverse();
    Ok(found)
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
    let author = User { id: UserId(row.natural(1)?), name: row.string(2) };
    let (seq, at) = (Seq(row.natural(0)?), Timestamp(row.natural(3)?));
    let markup = madang_markup::parse(&text).into();
    Ok(Message {
        markup,
        sentiment,
        guest,
        deleted,
        edited_at: row.optional_natural(11)?.map(Timestamp),
        reply_to: row.optional_natural(12)?.map(Seq),
        ..Message::new(seq, author, at, text, row.command_id(5))
    })
}

fn parse_mood(name: &str) -> Option<Mood> {
    [Mood::Positive, Mood::Neutral, Mood::Negative].into_iter().find(|it| mood_name(*it) == name)
}
