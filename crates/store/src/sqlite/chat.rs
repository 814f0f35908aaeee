//! The messages of a room.

use madang_hub::chat::ChatChange;
use madang_hub::notices::excerpt;
use madang_hub::policy;
use madang_hub::ports::TopicEvent;
use madang_shared::chat::{ChatAnswer, ChatEvent, ChatPage, ChatQuery, Guest, PAGE_MESSAGES};
use madang_shared::frames::LogPosition;
use madang_shared::membership::Membership;
use madang_shared::notices::NoticeContent;
use madang_shared::sentiment::{Mood, Sentiment};
use madang_shared::{Message, RoomId, Seq, Timestamp, Topic, User, UserId};
use rusqlite::{Connection, Row};

use super::error::StatementError;
use super::skeletons::NameTable;
use super::values::{command_id, integer, natural, optional_string, string};
use super::{log, membership, notices, users};
use crate::chat_page;
use crate::context::CommandContext;
use crate::refusals;

pub(super) fn apply(
    connection: &Connection,
    context: &CommandContext,
    change: ChatChange,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let ChatChange::Post { room, text, sentiment, guest, mentions } = change;
    membership::require_member(connection, context.author.id, room)?;
    if let Some(guest) = &guest {
        let name_key = policy::name_key(&guest.name);
        if users::is_named(connection, &name_key)? {
            return Err(refusals::guest_name_taken(&guest.name).into());
        }
        if NameTable::Users.has_look_alike(connection, &guest.name, &name_key)? {
            return Err(refusals::guest_name_looks_taken(&guest.name).into());
        }
    }
    let position = log::reserve_position(connection, Topic::Room(room))?;
    let sql = "INSERT INTO messages (room_id, seq, author_id, at, command, text, mood, mood_score, \
        guest_name, guest_connection) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    connection.prepare_cached(sql)?.execute((
        integer(room.0),
        integer(position.seq.0),
        integer(context.author.id.0),
        integer(context.at.0),
        context.command.0.as_bytes(),
        &text,
        sentiment.map(|sentiment| mood_name(sentiment.mood)),
        sentiment.map(|sentiment| sentiment.score),
        guest.as_ref().map(|guest| &guest.name),
        guest.as_ref().map(|guest| &guest.connection),
    ))?;
    if !mentions.is_empty() {
        let (message, by) = (position.seq, context.author.clone());
        let what = NoticeContent::Mentioned { room, message, by, excerpt: excerpt(&text) };
        notices::append_mentions(connection, context, room, &mentions, &what)?;
    }
    let author = context.author.clone();
    let message = Message {
        seq: position.seq,
        author,
        at: context.at,
        text,
        command: context.command,
        sentiment,
        guest,
    };
    let event = ChatEvent::Posted(message).into();
    Ok(Some(log::append(connection, &position, context.at, &event, appended)?))
}

pub(super) fn answer(
    connection: &Connection,
    reader: UserId,
    query: &ChatQuery,
) -> Result<ChatAnswer, StatementError> {
    let ChatQuery::Before { room, before, limit } = *query;
    membership::require_member(connection, reader, room)?;
    Ok(ChatAnswer::Before(page(connection, room, before, limit.min(PAGE_MESSAGES))?))
}

/// The newest messages of a room.
pub(super) fn newest_page(connection: &Connection, room: RoomId) -> rusqlite::Result<ChatPage> {
    page(connection, room, Seq(u64::MAX), PAGE_MESSAGES)
}

/// The reader's own part of a room's state.
pub(super) fn own_membership(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
) -> rusqlite::Result<Membership> {
    membership::find(connection, reader, room)
}

fn page(
    connection: &Connection,
    room: RoomId,
    before: Seq,
    limit: u32,
) -> rusqlite::Result<ChatPage> {
    let sql = "SELECT seq, author_id, users.name, at, text, command, mood, mood_score, \
        guest_name, guest_connection \
        FROM messages LEFT JOIN users ON users.id = author_id \
        WHERE room_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    // One row beyond the limit shows whether there are older messages.
    let found = (integer(room.0), integer(before.0), i64::from(limit) + 1);
    chat_page::cut(statement.query_map(found, message)?, limit)
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    // A newer version may have stored a mood that this version does not know.
    let mood = optional_string(row, 6)?.as_deref().and_then(parse_mood);
    let score = row.get(7).unwrap_or_default();
    let sentiment = mood.map(|mood| Sentiment { mood, score });
    let guest = match optional_string(row, 8)? {
        Some(name) => Some(Guest { name, connection: string(row, 9)? }),
        None => None,
    };
    Ok(Message {
        seq: Seq(natural(row, 0)?),
        author: User { id: UserId(natural(row, 1)?), name: string(row, 2)? },
        at: Timestamp(natural(row, 3)?),
        text: string(row, 4)?,
        command: command_id(row, 5)?,
        sentiment,
        guest,
    })
}

fn mood_name(mood: Mood) -> &'static str {
    match mood {
        Mood::Positive => "positive",
        Mood::Neutral => "neutral",
        Mood::Negative => "negative",
    }
}

fn parse_mood(name: &str) -> Option<Mood> {
    [Mood::Positive, Mood::Neutral, Mood::Negative].into_iter().find(|it| mood_name(*it) == name)
}
