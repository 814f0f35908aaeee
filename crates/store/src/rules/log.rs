//! Topics, their positions, and their events.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use madang_hub::ports::{LogEntry, TopicEvent};
use madang_shared::frames::LogPosition;
use madang_shared::{Epoch, Event, Position, Seq, Timestamp, Topic, codec};

use super::refusals;
use crate::error::StatementError;
use crate::transaction::{Row, ToValue, Transaction, Value, values};

/// The content of an event that cannot be read. Clients count it as an event that they do not know.
const UNREADABLE: &str = "null";
/// The parameters of the statement in [`heads`].
const HEADS_PER_STATEMENT: usize = 16;

/// The next position of a topic, reserved by this transaction, which must append an event there.
pub(crate) struct ReservedPosition {
    topic: Topic,
    topic_id: i64,
    pub(crate) seq: Seq,
}

/// Creates a topic without events. The schema draws its epoch.
pub(crate) fn create_topic(
    transaction: &dyn Transaction,
    topic: Topic,
) -> Result<(), StatementError> {
    let sql = "INSERT INTO topics (name) VALUES (?1)";
    transaction.execute(sql, &values![topic.to_string()])?;
    Ok(())
}

/// Reserves the next position of a topic, which exists.
pub(crate) fn reserve_position(
    transaction: &dyn Transaction,
    topic: Topic,
) -> Result<ReservedPosition, StatementError> {
    find_next_position(transaction, topic)?.ok_or_else(StatementError::missing_row)
}

/// Reserves the next position of a topic; `None` if the topic does not exist.
pub(crate) fn find_next_position(
    transaction: &dyn Transaction,
    topic: Topic,
) -> Result<Option<ReservedPosition>, StatementError> {
    let sql = "UPDATE topics SET head = head + 1 WHERE name = ?1 RETURNING id, head";
    transaction.optional(sql, &values![topic.to_string()], |row| {
        Ok(ReservedPosition { topic, topic_id: row.integer(0)?, seq: Seq(row.natural(1)?) })
    })
}

/// Appends an event at a reserved position.
pub(crate) fn append(
    transaction: &dyn Transaction,
    reserved: &ReservedPosition,
    at: Timestamp,
    event: &Event,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let event = TopicEvent::new(reserved.topic, reserved.seq, event);
    let sql = "INSERT INTO log (topic_id, seq, at, content) VALUES (?1, ?2, ?3, ?4)";
    transaction
        .execute(sql, &values![reserved.topic_id, reserved.seq.0, at.0, &*event.entry.content])?;
    appended.push(event);
    Ok(LogPosition { topic: reserved.topic, seq: reserved.seq })
}

/// Replaces an event by its redacted form, in its position. `redacted` returns `None` for an event that
/// needs no redaction.
pub(crate) fn redact(
    transaction: &dyn Transaction,
    topic: Topic,
    seq: Seq,
    redacted: impl FnOnce(Event) -> Option<Event>,
) -> Result<(), StatementError> {
    let Some(logged) = entry(transaction, topic, seq)? else {
        return Ok(());
    };
    // An event of a newer version stays as it is.
    let Some(event) = codec::decode_event(&logged.content).ok().and_then(redacted) else {
        return Ok(());
    };
    let sql = "UPDATE log SET content = ?3 \
        WHERE topic_id = (SELECT id FROM topics WHERE name = ?1) AND seq = ?2";
    let content = codec::encode_event(&event);
    transaction.execute(sql, &values![topic.to_string(), seq.0, content])?;
    Ok(())
}

/// The position of the last event of a topic.
pub(crate) fn position(
    transaction: &dyn Transaction,
    topic: Topic,
) -> Result<Position, StatementError> {
    let sql = "SELECT epoch, head FROM topics WHERE name = ?1";
    let position = transaction.optional(sql, &values![topic.to_string()], |row| {
        Ok(Position::new(Epoch(row.natural(0)?), Seq(row.natural(1)?)))
    })?;
    position.ok_or_else(|| refusals::no_topic(topic).into())
}

/// The `seq` of the last event of a topic.
pub(crate) fn head(transaction: &dyn Transaction, topic: Topic) -> Result<Seq, StatementError> {
    Ok(position(transaction, topic)?.seq)
}

/// The `seq`s of the last events of topics, in their order; 0 for a topic that does not exist.
pub(crate) fn heads(
    transaction: &dyn Transaction,
    topics: &[Topic],
) -> Result<Vec<Seq>, StatementError> {
    // One statement for many topics: a poll of hundreds would pay as many round trips otherwise.
    let sql = "SELECT name, head FROM topics \
        WHERE name IN (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
    let mut heads = Vec::with_capacity(topics.len());
    for chunk in topics.chunks(HEADS_PER_STATEMENT) {
        let mut names: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        // No topic has an empty name.
        names.resize(HEADS_PER_STATEMENT, String::new());
        let parameters: Vec<Value<'_>> = names.iter().map(ToValue::to_value).collect();
        let read = |row: &Row<'_>| Ok((row.string(0), Seq(row.natural(1)?)));
        let found: HashMap<String, Seq> =
            transaction.all(sql, &parameters, read)?.into_iter().collect();
        heads.extend(
            names.iter().take(chunk.len()).map(|name| found.get(name).copied().unwrap_or(Seq(0))),
        );
    }
    Ok(heads)
}

/// One event of a topic; `None` if the log does not hold it.
pub(crate) fn entry(
    transaction: &dyn Transaction,
    topic: Topic,
    seq: Seq,
) -> Result<Option<LogEntry>, StatementError> {
    let found = read(transaction, topic, Seq(seq.0.saturating_sub(1)), 1)?.pop();
    Ok(found.filter(|entry| entry.seq == seq))
}

/// At most `limit` events after a position, without holes: another program may have deleted an event,
/// and a client waits for it otherwise.
pub(crate) fn read(
    transaction: &dyn Transaction,
    topic: Topic,
    after: Seq,
    limit: usize,
) -> Result<Vec<LogEntry>, StatementError> {
    let sql = "SELECT topics.head, log.seq, log.content FROM topics \
        LEFT JOIN log ON log.topic_id = topics.id AND log.seq > ?2 \
        WHERE topics.name = ?1 ORDER BY log.seq LIMIT ?3";
    let rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let (mut events, mut head) = (Vec::new(), Seq(0));
    transaction.visit(sql, &values![topic.to_string(), after.0, rows], &mut |row| {
        head = Seq(row.natural(0)?);
        let Some(content) = row.optional_string(2) else { return Ok(ControlFlow::Break(())) };
        let seq = Seq(row.natural(1)?);
        fill_hole(topic, after, Seq(seq.0.saturating_sub(1)), limit, &mut events);
        if events.len() < limit {
            events.push(LogEntry { seq, content: readable(topic, seq, content.into()) });
        }
        Ok(ControlFlow::Continue(()))
    })?;
    fill_hole(topic, after, head, limit, &mut events);
    Ok(events)
}

/// The content of an event. Content that no client can parse becomes [`UNREADABLE`], so that a client
/// loses this event alone: JSON may hold half a surrogate pair, or be nested too deeply.
pub(crate) fn readable(topic: Topic, seq: Seq, content: Cow<'_, str>) -> Arc<str> {
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
