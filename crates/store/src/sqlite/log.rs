//! Topics, their positions, and the events that were appended to them.

use madang_hub::ports::{LogEntry, TopicEvent};
use madang_shared::frames::LogPosition;
use madang_shared::{Epoch, Event, Position, Seq, Timestamp, Topic, codec};
use rusqlite::{Connection, OptionalExtension};

use super::stop::{Stop, integer, natural, text};
use crate::refusals;

/// A place in a topic that the transaction has taken, and that an event must now fill.
pub(super) struct Place {
    topic: Topic,
    topic_id: i64,
    pub(super) seq: Seq,
}

/// Makes a topic that has no events yet. Its epoch is drawn here, once.
pub(super) fn make_topic(connection: &Connection, topic: Topic) -> rusqlite::Result<()> {
    let sql = "INSERT INTO topics (name) VALUES (?1)";
    connection.prepare_cached(sql)?.execute([topic.to_string()])?;
    Ok(())
}

/// Takes the next place of a topic.
pub(super) fn next_place(connection: &Connection, topic: Topic) -> rusqlite::Result<Place> {
    let sql = "UPDATE topics SET head = head + 1 WHERE name = ?1 RETURNING id, head";
    connection.prepare_cached(sql)?.query_row([topic.to_string()], |row| {
        Ok(Place { topic, topic_id: row.get(0)?, seq: Seq(natural(row, 1)?) })
    })
}

/// Fills a place.
pub(super) fn append(
    connection: &Connection,
    place: &Place,
    at: Timestamp,
    event: &Event,
    appended: &mut Vec<TopicEvent>,
) -> rusqlite::Result<LogPosition> {
    let event = TopicEvent::new(place.topic, place.seq, event);
    let sql = "INSERT INTO log (topic_id, seq, at, content) VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(sql)?.execute((
        place.topic_id,
        integer(place.seq.0),
        integer(at.0),
        &*event.logged.content,
    ))?;
    appended.push(event);
    Ok(LogPosition { topic: place.topic, seq: place.seq })
}

/// Puts other words in an event's place; none where it shall stay as it is, or is not there.
pub(super) fn redact(
    connection: &Connection,
    topic: Topic,
    seq: Seq,
    redacted: impl FnOnce(Event) -> Option<Event>,
) -> Result<(), Stop> {
    let Some(logged) = entry(connection, topic, seq)? else {
        return Ok(());
    };
    // What only a newer version wrote is not ours to change.
    let Some(event) = codec::decode_event(&logged.content).ok().and_then(redacted) else {
        return Ok(());
    };
    let sql = "UPDATE log SET content = ?3 \
        WHERE topic_id = (SELECT id FROM topics WHERE name = ?1) AND seq = ?2";
    let content = codec::encode_event(&event);
    connection.prepare_cached(sql)?.execute((topic.to_string(), integer(seq.0), content))?;
    Ok(())
}

/// Where a topic stands.
pub(super) fn position(connection: &Connection, topic: Topic) -> Result<Position, Stop> {
    let sql = "SELECT epoch, head FROM topics WHERE name = ?1";
    let position = connection
        .prepare_cached(sql)?
        .query_row([topic.to_string()], |row| {
            Ok(Position::new(Epoch(natural(row, 0)?), Seq(natural(row, 1)?)))
        })
        .optional()?;
    position.ok_or_else(|| match topic {
        Topic::Room(_) => refusals::no_room().into(),
        Topic::Memberships(_) | Topic::Inbox(_) => refusals::no_user().into(),
        _ => refusals::not_stored(topic).into(),
    })
}

/// The last place of a topic.
pub(super) fn head(connection: &Connection, topic: Topic) -> Result<Seq, Stop> {
    Ok(position(connection, topic)?.seq)
}

/// One event of a topic; `None` if the log does not hold it.
pub(super) fn entry(
    connection: &Connection,
    topic: Topic,
    seq: Seq,
) -> Result<Option<LogEntry>, Stop> {
    let found = read(connection, topic, Seq(seq.0.saturating_sub(1)), 1)?.pop();
    Ok(found.filter(|entry| entry.seq == seq))
}

/// The events after a place, at most `limit` of them.
pub(super) fn read(
    connection: &Connection,
    topic: Topic,
    after: Seq,
    limit: usize,
) -> Result<Vec<LogEntry>, Stop> {
    let sql = "SELECT seq, content FROM log \
        WHERE topic_id = (SELECT id FROM topics WHERE name = ?1) AND seq > ?2 \
        ORDER BY seq LIMIT ?3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(sql)?;
    let events = statement.query_map((topic.to_string(), integer(after.0), limit), |row| {
        let content = text(row.get_ref(1)?)?.into();
        Ok(LogEntry { seq: Seq(natural(row, 0)?), content })
    })?;
    Ok(events.collect::<Result<_, _>>()?)
}
