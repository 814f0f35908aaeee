//! The subscribers of a harness and the sequence numbers that each has received.

use madang_shared::{Position, Seq};

use crate::sequence_tracker::{Faults, SequenceTracker};

/// The subscribers, by index of their connection.
#[derive(Debug, Default)]
pub(super) struct Subscribers {
    /// `None` before the subscription, and after the subscriber was abandoned.
    trackers: Vec<Option<SequenceTracker>>,
    ready: usize,
    /// The position of the last snapshot.
    position: Option<Position>,
    /// A resuming subscriber is ready when it has received this sequence number.
    resume_target: Option<u64>,
}

impl Subscribers {
    /// Number of subscribers, ready or not.
    pub(super) fn len(&self) -> usize {
        self.trackers.len()
    }

    /// Number of subscribers that have caught up with the stream.
    pub(super) fn ready(&self) -> usize {
        self.ready
    }

    /// The position of the last snapshot.
    pub(super) fn position(&self) -> Option<Position> {
        self.position
    }

    /// The subscriber is subscribed and has caught up; the next event has the number `next`.
    pub(super) fn subscribe_ready(&mut self, subscriber: usize, next: u64) {
        self.ready += 1;
        self.track_from(subscriber, next);
    }

    /// The subscriber received a snapshot. Returns whether it replaces events that the subscriber missed.
    pub(super) fn apply_snapshot(&mut self, subscriber: usize, position: Position) -> bool {
        let is_reset = matches!(self.trackers.get(subscriber), Some(Some(_)));
        self.ready += usize::from(!is_reset);
        self.position = Some(position);
        self.track_from(subscriber, position.seq.next().0);
        is_reset
    }

    /// The subscriber resumes at `from` and will receive every event up to `to`.
    pub(super) fn resume(&mut self, subscriber: usize, from: Position, to: Position) {
        self.resume_target = Some(to.seq.0);
        self.ready += usize::from(from.seq == to.seq);
        self.track_from(subscriber, from.seq.next().0);
    }

    fn track_from(&mut self, subscriber: usize, next: u64) {
        if self.trackers.len() <= subscriber {
            self.trackers.resize(subscriber + 1, None);
        }
        if let Some(tracker) = self.trackers.get_mut(subscriber) {
            *tracker = Some(SequenceTracker::starting_at(next));
        }
    }

    /// Records an event. Returns whether it is new; `None` if the subscriber is not subscribed.
    pub(super) fn record(&mut self, subscriber: usize, seq: u64) -> Option<bool> {
        let tracker = self.trackers.get_mut(subscriber).and_then(Option::as_mut)?;
        Some(tracker.record(seq))
    }

    /// Counts a resuming subscriber as ready if `seq` is the last event that it missed.
    pub(super) fn finish_resume(&mut self, seq: u64) {
        self.ready += usize::from(self.resume_target == Some(seq));
    }

    /// The sequence number that the subscriber expects next; 0 if it is not subscribed.
    pub(super) fn next_seq(&self, subscriber: usize) -> u64 {
        let tracker = self.trackers.get(subscriber).and_then(Option::as_ref);
        tracker.map_or(0, SequenceTracker::next)
    }

    /// The sequence number that the first subscriber expects next, and whether all others expect the same.
    pub(super) fn common_next_seq(&self) -> (u64, bool) {
        let mut numbers = self.trackers.iter().flatten().map(SequenceTracker::next);
        let first = numbers.next().unwrap_or_default();
        (first, numbers.all(|next| next == first))
    }

    /// Stops tracking the subscriber, so that its missing events are no faults. Returns its last position.
    pub(super) fn abandon(&mut self, subscriber: usize) -> Option<Position> {
        let tracker = self.trackers.get_mut(subscriber)?.take()?;
        let last = Seq(tracker.next()).previous();
        self.position.map(|position| Position::new(position.epoch, last))
    }

    /// The faults of all subscribers, if the last event has the number before `end`.
    pub(super) fn faults(&self, end: u64) -> Faults {
        let mut faults = Faults::default();
        for tracker in self.trackers.iter().flatten() {
            faults += tracker.faults(end);
        }
        faults
    }
}
