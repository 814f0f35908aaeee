//! What is said in a room.

use madang_hub::chat::ChatChange;
use madang_hub::notices::excerpt;
use madang_hub::policy;
use madang_hub::ports::TopicEvent;
use madang_shared::chat::PAGE_MESSAGES;
use madang_shared::chat::{ChatAnswer, ChatEvent, ChatPage, ChatQuery, Guest};
use madang_shared::frames::LogPosition;
use madang_shared::notices::NoticeContent;
use madang_shared::sentiment::{Mood, Sentiment};
use madang_shared::{CommandId, Message, RoomId, Seq, Timestamp, Topic, User, UserId};
use rusqlite::{Connection, Row};

use super::commands::Order;
use super::stop::{Stop, integer, natural};
use super::{log, membership, notices, users};
use crate::refusals;

pub(super) fn apply(
    connection: &Connection,
    order: &Order,
    change: ChatChange,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Stop> {
    let ChatChange::Post { room, text, sentiment, guest, mentions } = change;
    membership::require(connection, order.author.id, room)?;
    if let Some(guest) = &guest
        && users::is_named(connection, &policy::name_key(&guest.name))?
    {
        return Err(refusals::name_of_a_user(&guest.name).into());
    }
    let place = log::next_place(connection, Topic::Room(room))?;
    let sql = "INSERT INTO messages (room_id, seq, author_id, at, command, text, mood, mood_score, \
        guest_name, guest_connection) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    connection.prepare_cached(sql)?.execute((
        integer(room.0),
        integer(place.seq.0),
        integer(order.author.id.0),
        integer(order.at.0),
        order.command.0.as_bytes(),
        &text,
        mood_name(sentiment.mood),
        sentiment.score,
        guest.as_ref().map(|guest| &guest.name),
        guest.as_ref().map(|guest| &guest.connection),
    ))?;
    if !mentions.is_empty() {
        let (message, by) = (place.seq, order.author.clone());
        let what = NoticeContent::Mentioned { room, message, by, excerpt: excerpt(&text) };
        notices::mention(connection, order, room, &mentions, &what)?;
    }
    let author = order.author.clone();
    let message = Message {
        seq: place.seq,
        author,
        at: order.at,
        text,
        command: order.command,
        sentiment: Some(sentiment),
        guest,
    };
    let event = ChatEvent::Posted(message).into();
    Ok(Some(log::append(connection, &place, order.at, &event, appended)?))
}

pub(super) fn answer(
    connection: &Connection,
    reader: UserId,
    query: &ChatQuery,
) -> Result<ChatAnswer, Stop> {
    let ChatQuery::Before { room, before, limit } = *query;
    membership::require(connection, reader, room)?;
    Ok(ChatAnswer::Before(page(connection, room, before, limit.min(PAGE_MESSAGES))?))
}

/// The newest messages of a room.
pub(super) fn newest(connection: &Connection, room: RoomId) -> rusqlite::Result<ChatPage> {
    page(connection, room, Seq(u64::MAX), PAGE_MESSAGES)
}

fn page(
    connection: &Connection,
    room: RoomId,
    before: Seq,
    limit: u32,
) -> rusqlite::Result<ChatPage> {
    let sql = "SELECT seq, author_id, users.name, at, text, command, mood, mood_score, \
        guest_name, guest_connection \
        FROM messages JOIN users ON users.id = author_id \
        WHERE room_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    // One more than asked for tells whether there are older ones.
    let found = (integer(room.0), integer(before.0), i64::from(limit) + 1);
    let mut messages: Vec<Message> =
        statement.query_map(found, message)?.collect::<Result<_, _>>()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let older = messages.len() > limit;
    messages.truncate(limit);
    messages.reverse();
    Ok(ChatPage { messages, older })
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let command: [u8; 16] = row.get(5)?;
    // A mood that only a newer version knows is none that this one can show.
    let mood = row.get_ref(6)?.as_str_or_null()?.and_then(mood_named);
    let sentiment = match mood {
        Some(mood) => Some(Sentiment { mood, score: row.get(7)? }),
        None => None,
    };
    let guest = match row.get(8)? {
        Some(name) => Some(Guest { name, connection: row.get(9)? }),
        None => None,
    };
    Ok(Message {
        seq: Seq(natural(row, 0)?),
        author: User { id: UserId(natural(row, 1)?), name: row.get(2)? },
        at: Timestamp(natural(row, 3)?),
        text: row.get(4)?,
        command: CommandId(uuid::Uuid::from_bytes(command)),
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

fn mood_named(name: &str) -> Option<Mood> {
    [Mood::Positive, Mood::Neutral, Mood::Negative].into_iter().find(|it| mood_name(*it) == name)
}
