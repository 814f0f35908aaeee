//! The published messages: which are delivered to everyone, and which sequence number each got.

use std::time::Instant;

use crate::protocol::peek;

/// The published messages. Each has a number, counted from 0 in the order of publishing; the server assigns
/// its sequence number.
#[derive(Debug)]
pub(super) struct Publications {
    /// Whether events carry the number in their text. Otherwise events arrive in the order of publishing.
    numbers_in_texts: bool,
    /// The sequence number of the first message. `None` before publishing begins.
    first_seq: Option<u64>,
    /// By sequence number, counted from `first_seq`.
    by_seq: Vec<SeqRecord>,
    /// By number.
    by_number: Vec<NumberRecord>,
    /// Messages that were stored again under another sequence number, or were never published.
    stored_twice: u64,
    /// Messages that all subscribers have received.
    complete: u64,
}

#[derive(Clone, Copy, Debug)]
struct SeqRecord {
    /// Number of subscribers that have received the event.
    deliveries: u32,
    /// The number of the message with this sequence number.
    number: u32,
    /// When its acknowledgement arrived.
    acknowledged: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct NumberRecord {
    /// The scheduled time of publishing.
    scheduled: Instant,
    /// Whether an event with this message has arrived.
    stored: bool,
}

impl Publications {
    pub(super) fn new(numbers_in_texts: bool) -> Self {
        Self {
            numbers_in_texts,
            first_seq: None,
            by_seq: Vec::new(),
            by_number: Vec::new(),
            stored_twice: 0,
            complete: 0,
        }
    }

    /// Publishing begins; the first message will have the sequence number `first_seq`.
    pub(super) fn begin(&mut self, first_seq: u64) {
        self.first_seq = Some(first_seq);
    }

    /// Whether publishing has begun.
    pub(super) fn has_begun(&self) -> bool {
        self.first_seq.is_some()
    }

    /// Adds a message and returns its number.
    pub(super) fn add(&mut self, scheduled: Instant) -> u64 {
        self.by_number.push(NumberRecord { scheduled, stored: false });
        self.by_seq.push(SeqRecord { deliveries: 0, number: u32::MAX, acknowledged: None });
        self.by_number.len() as u64 - 1
    }

    /// Number of published messages.
    pub(super) fn len(&self) -> u64 {
        self.by_number.len() as u64
    }

    /// Number of messages that not all subscribers have received.
    pub(super) fn outstanding(&self) -> u64 {
        self.len() - self.complete
    }

    /// Messages that were stored again, or were never published.
    pub(super) fn stored_twice(&self) -> u64 {
        self.stored_twice
    }

    /// The sequence number of the first message; 0 before publishing begins.
    pub(super) fn first_seq(&self) -> u64 {
        self.first_seq.unwrap_or_default()
    }

    /// The sequence number after that of the last message.
    pub(super) fn end_seq(&self) -> u64 {
        self.first_seq() + self.len()
    }

    /// The index of a sequence number. `None` for events from before publishing began.
    pub(super) fn index_of(&self, seq: u64) -> Option<usize> {
        let index = seq.checked_sub(self.first_seq?)?;
        Some(usize::try_from(index).unwrap_or(usize::MAX))
    }

    /// Records the delivery of an event to one of `subscribers` subscribers.
    pub(super) fn deliver(&mut self, index: usize, frame: &[u8], subscribers: usize) {
        let Some(record) = self.by_seq.get_mut(index) else { return };
        record.deliveries += 1;
        let deliveries = record.deliveries;
        self.complete += u64::from(usize::try_from(deliveries) == Ok(subscribers));
        if deliveries == 1 {
            self.assign_number(index, frame);
        }
    }

    /// The scheduled time of the message of an event.
    pub(super) fn scheduled(&self, index: usize) -> Option<Instant> {
        let number = usize::try_from(self.by_seq.get(index)?.number).ok()?;
        self.by_number.get(number).map(|record| record.scheduled)
    }

    /// Records the arrival of an acknowledgement.
    pub(super) fn acknowledge(&mut self, seq: u64) {
        let index = self.index_of(seq);
        if let Some(record) = index.and_then(|index| self.by_seq.get_mut(index)) {
            record.acknowledged = Some(Instant::now());
        }
    }

    /// When the acknowledgement of an event arrived; `None` before.
    pub(super) fn acknowledged(&self, index: usize) -> Option<Instant> {
        self.by_seq.get(index)?.acknowledged
    }

    /// Reads the number of the message from the first delivery of an event.
    #[expect(clippy::cast_possible_truncation, reason = "a run publishes far fewer messages")]
    fn assign_number(&mut self, index: usize, frame: &[u8]) {
        let number = if self.numbers_in_texts {
            peek::text_number(frame).unwrap_or(u64::MAX)
        } else {
            index as u64
        };
        let record = usize::try_from(number).ok().and_then(|number| self.by_number.get_mut(number));
        match record {
            Some(record) if !record.stored => record.stored = true,
            _ => self.stored_twice += 1,
        }
        if let Some(record) = self.by_seq.get_mut(index) {
            record.number = number as u32;
        }
    }
}
