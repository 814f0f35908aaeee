//! Topics and their events.

use std::collections::BTreeMap;

use madang_hub::ports::{LogEntry, TopicEvent};
use madang_shared::frames::LogPosition;
use madang_shared::{Epoch, Event, Failure, Position, Seq, Topic, codec};

use crate::refusals;

/// The log of all topics.
#[derive(Debug, Default)]
pub(super) struct Log {
    topics: BTreeMap<Topic, TopicLog>,
    /// The state of the generator of epochs.
    seed: u64,
}

#[derive(Debug)]
struct TopicLog {
    epoch: Epoch,
    /// The event at index i has the seq i + 1.
    entries: Vec<LogEntry>,
}

impl TopicLog {
    fn head(&self) -> Seq {
        self.entries.last().map_or(Seq(0), |last| last.seq)
    }
}

impl Log {
    /// A log without topics.
    pub(super) fn new(seed: u64) -> Self {
        Self { topics: BTreeMap::new(), seed }
    }

    /// Creates a topic without events.
    pub(super) fn create_topic(&mut self, topic: Topic) {
        let epoch = self.draw_epoch();
        self.topics.insert(topic, TopicLog { epoch, entries: Vec::new() });
    }

    /// The position of the last event of a topic.
    pub(super) fn position(&self, topic: Topic) -> Result<Position, Failure> {
        let log = self.topics.get(&topic).ok_or_else(|| refusals::no_topic(topic))?;
        Ok(Position::new(log.epoch, log.head()))
    }

    /// The `seq` of the last event of a topic; 0 without one.
    pub(super) fn head(&self, topic: Topic) -> Seq {
        self.topics.get(&topic).map_or(Seq(0), TopicLog::head)
    }

    /// At most `limit` events after a position.
    pub(super) fn read(&self, topic: Topic, after: Seq, limit: usize) -> Vec<LogEntry> {
        let Some(log) = self.topics.get(&topic) else {
            return Vec::new();
        };
        let after = usize::try_from(after.0).unwrap_or(usize::MAX);
        log.entries.iter().skip(after).take(limit).cloned().collect()
    }

    /// One event; `None` if the log does not hold it.
    pub(super) fn entry(&self, at: LogPosition) -> Option<&LogEntry> {
        self.topics.get(&at.topic)?.entries.iter().rfind(|entry| entry.seq == at.seq)
    }

    /// Appends an event at the next position of its topic.
    pub(super) fn append(
        &mut self,
        topic: Topic,
        event: &Event,
        appended: &mut Vec<TopicEvent>,
    ) -> LogPosition {
        let seq = self.head(topic).next();
        let event = TopicEvent::new(topic, seq, event);
        if let Some(log) = self.topics.get_mut(&topic) {
            log.entries.push(event.entry.clone());
        }
        appended.push(event);
        LogPosition { topic, seq }
    }

    /// Replaces an event by its redacted form, in its position. `redacted` returns `None` for an event
    /// that needs no redaction.
    pub(super) fn redact(
        &mut self,
        topic: Topic,
        seq: Seq,
        redacted: impl FnOnce(Event) -> Option<Event>,
    ) {
        let Some(log) = self.topics.get_mut(&topic) else { return };
        let Some(entry) = log.entries.iter_mut().rfind(|entry| entry.seq == seq) else { return };
        if let Some(event) = codec::decode_event(&entry.content).ok().and_then(redacted) {
            *entry = TopicEvent::new(topic, seq, &event).entry;
        }
    }

    /// `SplitMix64` (Steele, Lea, Flood 2014). The upper 53 bits are used, because a browser reads
    /// numbers below 2^53 exactly.
    fn draw_epoch(&mut self) -> Epoch {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Epoch(((mixed ^ (mixed >> 31)) >> 11).max(1))
    }
}
