//! Entries of the log, which holds the events of all durable topics.

use std::sync::Arc;

use madang_shared::{Event, Seq, Topic, codec};

/// One event of a topic, in the form that the log stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The number of the event in its topic.
    pub seq: Seq,
    /// The event as JSON, written by [`codec::encode_event`].
    pub content: Arc<str>,
}

/// A log entry with its topic, as it comes from the store's event stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicEvent {
    /// The topic of the event.
    pub topic: Topic,
    /// The event.
    pub entry: LogEntry,
}

impl LogEntry {
    /// Encodes an event for its seq.
    pub fn new(seq: Seq, event: &Event) -> Self {
        Self { seq, content: codec::encode_event(event).into() }
    }
}

impl TopicEvent {
    /// Encodes an event for its seq in a topic.
    pub fn new(topic: Topic, seq: Seq, event: &Event) -> Self {
        Self { topic, entry: LogEntry::new(seq, event) }
    }
}
