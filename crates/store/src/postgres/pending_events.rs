//! The events that triggers append: for changes by other programs, and for the same changes by commands.
//!
//! Triggers list the positions of their events in `pending_events`, in the transaction of the change. The writer takes
//! the list at the end of each of its transactions, and polls it while it has nothing to write. Of several nodes, one
//! takes an event; the others hear that the topic has advanced. A server that ends between the taking and the sending
//! loses nothing: the events are in the log, from which clients resume.

use std::time::Duration;

use madang_hub::ports::{LogEntry, TopicEvent};
use madang_shared::Seq;
use tokio_postgres::Row;

use crate::error::StatementError;
use crate::external_revision::ExternalRevision;
use crate::rules::log;
use crate::transaction;

/// The interval of the poll. A change by another program is seen after this time at the latest, plus a commit.
pub(super) const INTERVAL: Duration = Duration::from_millis(20);
/// The maximum number of events that one transaction takes.
pub(super) const LIMIT: usize = 512;

/// Whether the list holds an event, and the number of changes by other programs.
pub(super) const EXIST: &str = "SELECT EXISTS (SELECT 1 FROM pending_events), \
    (SELECT sum(revision)::bigint FROM external_changes)";

/// Takes the first events of the list, in the order of their topics' positions.
pub(super) const TAKE: &str = "WITH taken AS (DELETE FROM pending_events WHERE id IN \
        (SELECT id FROM pending_events ORDER BY id LIMIT 512) RETURNING id, topic_id, seq) \
    SELECT topics.name, log.seq, log.content FROM taken \
    JOIN topics ON topics.id = taken.topic_id \
    JOIN log ON log.topic_id = taken.topic_id AND log.seq = taken.seq ORDER BY taken.id";

/// Reads the answer to [`EXIST`]: whether there are events. Records the number of changes by other programs.
pub(super) fn found(rows: &[Row], revision: &ExternalRevision) -> Result<bool, StatementError> {
    let Some(row) = rows.first().map(|row| transaction::Row::new(row)) else { return Ok(false) };
    revision.set(row.natural(1)?);
    Ok(row.integer(0)? != 0)
}

/// The events of [`TAKE`].
pub(super) fn decode(rows: &[Row]) -> Result<Vec<TopicEvent>, StatementError> {
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        let row = transaction::Row::new(row);
        // Another program may list an unknown topic; it has no subscribers.
        let Ok(topic) = row.text(0)?.parse() else { continue };
        let seq = Seq(row.natural(1)?);
        let content = log::readable(topic, seq, row.text(2)?);
        events.push(TopicEvent { topic, entry: LogEntry { seq, content } });
    }
    Ok(events)
}
