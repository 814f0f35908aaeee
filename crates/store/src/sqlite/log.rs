//! Topics, their positions, and their events.

use std::borrow::Cow;
use std::sync::Arc;

use madang_hub::ports::{LogEntry, TopicEvent};
use madang_shared::frames::LogPosition;
use madang_shared::{Epoch, Event, Position, Seq, Timestamp, Topic, codec};
use rusqlite::{Connection, OptionalExtension};

use super::error::StatementError;
use super::values::{integer, natural, optional_string};
use crate::refusals;

/// The content of an event that cannot be read. Clients count it as an event that they do not know.
const UNREADABLE: &str = "null";

/// The next position of a topic, reserved by this transaction, which must append an event there.
pub(super) struct ReservedPosition {
    topic: Topic,
    topic_id: i64,
    pub(super) seq: Seq,
}

/// Creates a topic without events. The schema draws its epoch.
pub(super) fn create_topic(connection: &Connection, topic: Topic) -> rusqlite::Result<()> {
    let sql = "INSERT INTO topics (name) VALUES (?1)";
    connection.prepare_cached(sql)?.execute([topic.to_string()])?;
    Ok(())
}

/// Reserves the next position of a topic.
pub(super) fn reserve_position(
    connection: &Connection,
    topic: Topic,
) -> rusqlite::Result<ReservedPosition> {
    let sql = "UPDATE topics SET head = head + 1 WHERE name = ?1 RETURNING id, head";
    connection.prepare_cached(sql)?.query_row([topic.to_string()], |row| {
        Ok(ReservedPosition { topic, topic_id: row.get(0)?, seq: Seq(natural(row, 1)?) })
    })
}

/// Appends an event at a reserved position.
pub(super) fn append(
    connection: &Connection,
    reserved: &ReservedPosition,
    at: Timestamp,
    event: &Event,
    appended: &mut Vec<TopicEvent>,
) -> rusqlite::Result<LogPosition> {
    let event = TopicEvent::new(reserved.topic, reserved.seq, event);
    let sql = "INSERT INTO log (topic_id, seq, at, content) VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(sql)?.execute((
        reserved.topic_id,
        integer(reserved.seq.0),
        integer(at.0),
        &*event.entry.content,
    ))?;
    appended.push(event);
    Ok(LogPosition { topic: reserved.topic, seq: reserved.seq })
}

/// Replaces an event by its redacted form, in its position. `redacted` returns `None` for an event that
/// needs no redaction.
pub(super) fn redact(
    connection: &Connection,
    topic: Topic,
    seq: Seq,
    redacted: impl FnOnce(Event) -> Option<Event>,
) -> Result<(), StatementError> {
    let Some(logged) = entry(connection, topic, seq)? else {
        return Ok(());
    };
    // An event of a newer version stays as it is.
    let Some(event) = codec::decode_event(&logged.content).ok().and_then(redacted) else {
        return Ok(());
    };
    let sql = "UPDATE log SET content = ?3 \
        WHERE topic_id = (SELECT id FROM topics WHERE name = ?1) AND seq = ?2";
    let content = codec::encode_event(&event);
    connection.prepare_cached(sql)?.execute((topic.to_string(), integer(seq.0), content))?;
    Ok(())
}

/// The position of the last event of a topic.
pub(super) fn position(connection: &Connection, topic: Topic) -> Result<Position, StatementError> {
    let sql = "SELECT epoch, head FROM topics WHERE name = ?1";
    let position = connection
        .prepare_cached(sql)?
        .query_row([topic.to_string()], |row| {
            Ok(Position::new(Epoch(natural(row, 0)?), Seq(natural(row, 1)?)))
        })
        .optional()?;
    position.ok_or_else(|| refusals::no_topic(topic).into())
}

/// The `seq` of the last event of a topic.
pub(super) fn head(connection: &Connection, topic: Topic) -> Result<Seq, StatementError> {
    Ok(position(connection, topic)?.seq)
}

/// One event of a topic; `None` if the log does not hold it.
pub(super) fn entry(
    connection: &Connection,
    topic: Topic,
    seq: Seq,
) -> Result<Option<LogEntry>, StatementError> {
    let found = read(connection, topic, Seq(seq.0.saturating_sub(1)), 1)?.pop();
    Ok(found.filter(|entry| entry.seq == seq))
}

/// At most `limit` events after a position, without holes: another program may have deleted an event,
/// and a client waits for it otherwise.
pub(super) fn read(
    connection: &Connection,
    topic: Topic,
    after: Seq,
    limit: usize,
) -> Result<Vec<LogEntry>, StatementError> {
    let sql = "SELECT topics.head, log.seq, log.content FROM topics \
        LEFT JOIN log ON log.topic_id = topics.id AND log.seq > ?2 \
        WHERE topics.name = ?1 ORDER BY log.seq LIMIT ?3";
    let rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query((topic.to_string(), integer(after.0), rows))?;
    let (mut events, mut head) = (Vec::new(), Seq(0));
    while let Some(row) = rows.next()? {
        head = Seq(natural(row, 0)?);
        let Some(content) = optional_string(row, 2)? else { break };
        let seq = Seq(natural(row, 1)?);
        fill_hole(topic, after, Seq(seq.0.saturating_sub(1)), limit, &mut events);
        if events.len() < limit {
            events.push(LogEntry { seq, content: readable(topic, seq, content.into()) });
        }
    }
    fill_hole(topic, after, head, limit, &mut events);
    Ok(events)
}

/// The content of an event. Content that no client can parse becomes [`UNREADABLE`], so that a client
/// loses this event alone: JSON may hold half a surrogate pair, or be nested too deeply.
pub(super) fn readable(topic: Topic, seq: Seq, content: Cow<'_, str>) -> Arc<str> {
    if codec::is_event_content(&content) {
        return content.into();
    }
    tracing::warn!(%topic, seq = seq.0, "an event of the log is unreadable and is left out");
    UNREADABLE.into()
}

/// Adds events without content after the last event, up to `seq`.
fn fill_hole(topic: Topic, after: Seq, seq: Seq, limit: usize, events: &mut Vec<LogEntry>) {
    let last = events.last().map_or(after, |last| last.seq);
    if seq <= last || events.len() >= limit {
        return;
    }
    tracing::warn!(%topic, after = last.0, up_to = seq.0, "the log lacks events, which are left out");
    let missing = (last.0 + 1..=seq.0).take(limit - events.len());
    events.extend(missing.map(|seq| LogEntry { seq: Seq(seq), content: UNREADABLE.into() }));
}
