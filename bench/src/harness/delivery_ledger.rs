//! The accounting of a harness: deliveries, acknowledgements and faults.

use std::time::{Duration, Instant};

use madang_shared::Position;

use super::publications::Publications;
use super::subscribers::Subscribers;
use crate::histogram::Histogram;
use crate::sequence_tracker::Faults;

/// Refusals of which the text is kept.
const MAX_REFUSALS: usize = 5;

/// Counts of a whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliverySummary {
    /// Number of published messages.
    pub published: u64,
    /// Number of acknowledged messages.
    pub acknowledged: u64,
    /// Number of deliveries to all subscribers.
    pub deliveries: u64,
    /// Number of snapshots that replaced missed events.
    pub resets: u64,
    /// Number of connections that ended.
    pub disconnects: u64,
    /// Lost, doubled and reordered events.
    pub faults: Faults,
}

/// Delays of deliveries.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    /// Since the scheduled time of the message.
    pub from_post: Histogram,
    /// Since the arrival of the acknowledgement, which follows the commit. Zero for an event that arrived before it.
    pub from_acknowledgement: Histogram,
}

/// A subscriber that does not read and whose deliveries are not awaited.
#[derive(Clone, Copy, Debug)]
struct StalledSubscriber {
    index: usize,
    disconnected: bool,
}

/// The accounting of one stream.
#[derive(Debug)]
pub(super) struct DeliveryLedger {
    subscribers: Subscribers,
    publications: Publications,
    stalled: Option<StalledSubscriber>,
    deliveries: u64,
    acknowledged: u64,
    resets: u64,
    disconnects: u64,
    refusals: Vec<String>,
    /// Delays of deliveries since the scheduled time, while they are recorded.
    latencies: Option<Latencies>,
    /// The first subscriber whose delays are recorded.
    first_reader: usize,
}

impl DeliveryLedger {
    /// `numbers_in_texts`: whether events carry the number of their message in their text.
    pub(super) fn new(numbers_in_texts: bool) -> Self {
        Self {
            subscribers: Subscribers::default(),
            publications: Publications::new(numbers_in_texts),
            stalled: None,
            deliveries: 0,
            acknowledged: 0,
            resets: 0,
            disconnects: 0,
            refusals: Vec::new(),
            latencies: None,
            first_reader: 0,
        }
    }

    /// The same ledger, which records the delays of this subscriber and of those after it.
    pub(super) fn counting_from(self, first_reader: usize) -> Self {
        Self { first_reader, ..self }
    }

    /// Number of subscribers that have caught up with the stream.
    pub(super) fn ready(&self) -> usize {
        self.subscribers.ready()
    }

    /// The position of the last snapshot.
    pub(super) fn position(&self) -> Option<Position> {
        self.subscribers.position()
    }

    /// Publishing begins. Returns whether all subscribers have the same position.
    pub(super) fn begin(&mut self) -> bool {
        let (next, all_equal) = self.subscribers.common_next_seq();
        self.publications.begin(next);
        all_equal
    }

    /// Adds a message with its scheduled time and returns its number.
    pub(super) fn publish(&mut self, scheduled: Instant) -> u64 {
        self.publications.add(scheduled)
    }

    /// Number of published messages.
    pub(super) fn published(&self) -> u64 {
        self.publications.len()
    }

    /// Number of published messages that not all subscribers have received.
    pub(super) fn outstanding(&self) -> u64 {
        self.publications.outstanding()
    }

    /// Number of deliveries to all subscribers.
    pub(super) fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// Number of acknowledged messages.
    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Number of published messages that the subscriber has received or skipped.
    pub(super) fn progress(&self, subscriber: usize) -> u64 {
        self.subscribers.next_seq(subscriber).saturating_sub(self.publications.first_seq())
    }

    /// Starts to record the delays of deliveries.
    pub(super) fn record_latencies(&mut self) {
        self.latencies = Some(Latencies::default());
    }

    /// Ends the recording and returns it.
    pub(super) fn take_latencies(&mut self) -> Latencies {
        self.latencies.take().unwrap_or_default()
    }

    /// Stops waiting for deliveries to this subscriber.
    pub(super) fn stall(&mut self, subscriber: usize) {
        self.stalled = Some(StalledSubscriber { index: subscriber, disconnected: false });
    }

    /// Whether the connection of the stalled subscriber has ended.
    pub(super) fn is_stalled_disconnected(&self) -> bool {
        self.stalled.is_some_and(|stalled| stalled.disconnected)
    }

    /// Stops tracking the subscriber, so that its missing events are no faults. Returns its last position.
    pub(super) fn abandon(&mut self, subscriber: usize) -> Option<Position> {
        self.subscribers.abandon(subscriber)
    }

    /// The text of the first refusal.
    pub(super) fn refusal(&self) -> Option<&str> {
        self.refusals.first().map(String::as_str)
    }

    /// Counts of the whole run. Messages that are still missing count as lost.
    pub(super) fn summary(&self) -> DeliverySummary {
        let mut faults = self.subscribers.faults(self.publications.end_seq());
        faults.doubled += self.publications.stored_twice();
        DeliverySummary {
            published: self.published(),
            acknowledged: self.acknowledged,
            deliveries: self.deliveries,
            resets: self.resets,
            disconnects: self.disconnects,
            faults,
        }
    }

    /// The subscriber is subscribed to an empty stream that counts from 0.
    pub(super) fn subscribe_to_empty_stream(&mut self, subscriber: usize) {
        self.subscribers.subscribe_ready(subscriber, 0);
    }

    /// The subscriber received a snapshot.
    pub(super) fn apply_snapshot(&mut self, subscriber: usize, position: Position) {
        self.resets += u64::from(self.subscribers.apply_snapshot(subscriber, position));
    }

    /// The subscriber resumes at `from` and will receive every event up to `to`.
    pub(super) fn resume(&mut self, subscriber: usize, from: Position, to: Position) {
        self.subscribers.resume(subscriber, from, to);
    }

    /// The subscriber received an event.
    pub(super) fn deliver(&mut self, subscriber: usize, seq: u64, frame: &[u8]) {
        let Some(is_new) = self.subscribers.record(subscriber, seq) else { return };
        if is_new && !self.publications.has_begun() {
            self.subscribers.finish_resume(seq);
        }
        let Some(index) = self.publications.index_of(seq) else { return };
        self.deliveries += 1;
        if !is_new || self.is_stalled(subscriber) {
            return;
        }
        let awaited = self.subscribers.len() - usize::from(self.stalled.is_some());
        self.publications.deliver(index, frame, awaited);
        if let Some(latencies) = &mut self.latencies
            && subscriber >= self.first_reader
            && let Some(scheduled) = self.publications.scheduled(index)
        {
            latencies.from_post.record(scheduled.elapsed());
            let acknowledged = self.publications.acknowledged(index);
            latencies
                .from_acknowledgement
                .record(acknowledged.map_or(Duration::ZERO, |at| at.elapsed()));
        }
    }

    /// The server acknowledged a message.
    pub(super) fn acknowledge(&mut self, seq: Option<u64>) {
        self.acknowledged += 1;
        if let Some(seq) = seq {
            self.publications.acknowledge(seq);
        }
    }

    /// The connection of the subscriber ended.
    pub(super) fn disconnect(&mut self, subscriber: usize, code: Option<u16>) {
        self.disconnects += 1;
        match &mut self.stalled {
            Some(stalled) if stalled.index == subscriber => stalled.disconnected = true,
            _ => self.refuse(format!("connection {subscriber} ended with the close code {code:?}")),
        }
    }

    /// The server refused a request or sent an invalid frame.
    pub(super) fn refuse(&mut self, reason: String) {
        if self.refusals.len() < MAX_REFUSALS {
            self.refusals.push(reason);
        }
    }

    fn is_stalled(&self, subscriber: usize) -> bool {
        self.stalled.is_some_and(|stalled| stalled.index == subscriber)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two subscribers of an empty stream with two published messages.
    fn ledger() -> DeliveryLedger {
        let mut ledger = DeliveryLedger::new(false);
        ledger.subscribe_to_empty_stream(0);
        ledger.subscribe_to_empty_stream(1);
        assert!(ledger.begin());
        ledger.publish(Instant::now());
        ledger.publish(Instant::now());
        ledger
    }

    #[test]
    fn a_message_is_outstanding_until_every_subscriber_has_it() {
        let mut ledger = ledger();
        for (subscriber, seq, outstanding) in
            [(0, 0, 2), (1, 0, 1), (1, 0, 1), (0, 1, 1), (1, 1, 0)]
        {
            ledger.deliver(subscriber, seq, b"");
            assert_eq!(ledger.outstanding(), outstanding, "{subscriber}, {seq}");
        }
        let faults = Faults { lost: 0, doubled: 1, reordered: 0 };
        assert_eq!((ledger.deliveries(), ledger.summary().faults), (5, faults));
    }

    #[test]
    fn a_stalled_subscriber_is_not_awaited_and_loses_nothing_once_it_is_abandoned() {
        let mut ledger = ledger();
        ledger.stall(1);
        ledger.deliver(0, 0, b"");
        ledger.deliver(0, 1, b"");
        assert_eq!((ledger.outstanding(), ledger.summary().faults.lost), (0, 2));
        ledger.disconnect(1, None);
        assert!(ledger.is_stalled_disconnected() && ledger.refusal().is_none());
        ledger.abandon(1);
        assert!(ledger.summary().faults.is_clean());
    }

    #[test]
    fn latencies_count_from_the_scheduled_time() {
        let mut ledger = ledger();
        ledger.record_latencies();
        let late = Instant::now().checked_sub(Duration::from_secs(5)).unwrap();
        ledger.publish(late);
        ledger.deliver(0, 2, b"");
        let latencies = ledger.take_latencies().from_post;
        assert_eq!(latencies.count(), 1);
        assert!(latencies.per_mille(500).unwrap() >= Duration::from_secs(5));
    }
}
