//! A command's way through the features: once, however often it is sent.

use std::sync::Arc;

use madang_hub::features::Change;
use madang_hub::ports::{Committed, TopicEvent, Write};
use madang_shared::frames::LogPosition;
use madang_shared::{CommandId, Seq, Timestamp, Topic, User, UserId};
use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row};

use super::stop::{Stop, integer, natural, text};
use super::{chat, counter, log, membership, notices, orders, posts, rooms};

/// On whose behalf, named how, and when; the part of a write that every feature sees.
pub(super) struct Order {
    pub(super) author: User,
    pub(super) command: CommandId,
    pub(super) at: Timestamp,
}

/// Makes a write, or finds the answer that it was given when it was first made.
pub(super) fn make(
    connection: &Connection,
    write: Write,
    appended: &mut Vec<TopicEvent>,
) -> Result<Committed, Stop> {
    let Write { author, command, at, change } = write;
    if let Some(committed) = made_before(connection, author.id, command)? {
        return Ok(committed);
    }
    let order = Order { author, command, at };
    let before = appended.len();
    let at = match change {
        Change::Rooms(change) => rooms::apply(connection, &order, change, appended)?,
        Change::Membership(change) => membership::apply(connection, &order, &change, appended)?,
        Change::Chat(change) => chat::apply(connection, &order, change, appended)?,
        Change::Counter(change) => counter::apply(connection, &order, change, appended)?,
        Change::Posts(change) => posts::apply(connection, &order, change, appended)?,
        Change::Orders(change) => orders::apply(connection, &order, change)?,
        Change::Notices(change) => notices::apply(connection, &order, &change)?,
    };
    remember(connection, &order, at)?;
    let event = match at {
        Some(at) => content(connection, at, appended.get(before..).unwrap_or_default())?,
        None => None,
    };
    Ok(Committed { at, event })
}

/// Finds out whether writing works, by writing.
pub(super) fn probe(
    connection: &Connection,
    (): (),
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), Stop> {
    let sql = "UPDATE readiness SET checks = checks + 1 WHERE id = 1";
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// The content of the command's event: from what the feature appended, or from the log where a
/// trigger wrote it.
fn content(
    connection: &Connection,
    at: LogPosition,
    appended: &[TopicEvent],
) -> Result<Option<Arc<str>>, Stop> {
    let is_own = |event: &&TopicEvent| event.topic == at.topic && event.logged.seq == at.seq;
    match appended.iter().find(is_own) {
        Some(event) => Ok(Some(Arc::clone(&event.logged.content))),
        None => Ok(log::entry(connection, at.topic, at.seq)?.map(|entry| entry.content)),
    }
}

fn made_before(
    connection: &Connection,
    author: UserId,
    command: CommandId,
) -> rusqlite::Result<Option<Committed>> {
    let sql = "SELECT topics.name, commands.seq, log.content \
        FROM commands LEFT JOIN topics ON topics.id = commands.topic_id \
        LEFT JOIN log ON log.topic_id = commands.topic_id AND log.seq = commands.seq \
        WHERE author_id = ?1 AND command = ?2";
    connection
        .prepare_cached(sql)?
        .query_row((integer(author.0), command.0.as_bytes()), committed)
        .optional()
}

fn committed(row: &Row<'_>) -> rusqlite::Result<Committed> {
    let Some(name) = row.get_ref(0)?.as_str_or_null()? else {
        return Ok(Committed { at: None, event: None });
    };
    let topic: Topic = name.parse().map_err(|unknown| {
        rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(unknown))
    })?;
    let at = LogPosition { topic, seq: Seq(natural(row, 1)?) };
    let event = match row.get_ref(2)? {
        ValueRef::Null => None,
        content => Some(text(content)?.into()),
    };
    Ok(Committed { at: Some(at), event })
}

fn remember(
    connection: &Connection,
    order: &Order,
    at: Option<LogPosition>,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO commands (author_id, command, topic_id, seq) \
        VALUES (?1, ?2, (SELECT id FROM topics WHERE name = ?3), ?4)";
    connection.prepare_cached(sql)?.execute((
        integer(order.author.id.0),
        order.command.0.as_bytes(),
        at.map(|placed| placed.topic.to_string()),
        at.map(|placed| integer(placed.seq.0)),
    ))?;
    Ok(())
}
