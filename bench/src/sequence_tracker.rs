//! The sequence numbers that one subscriber has received of a stream.

use std::collections::BTreeMap;
use std::ops::AddAssign;

/// Numbers of lost, doubled and reordered events. A correct server has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Events that never arrived.
    pub lost: u64,
    /// Events that arrived again.
    pub doubled: u64,
    /// Events that arrived after a later one.
    pub reordered: u64,
}

impl Faults {
    /// Whether all counts are 0.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }

    /// The faults added since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            lost: self.lost.saturating_sub(earlier.lost),
            doubled: self.doubled.saturating_sub(earlier.doubled),
            reordered: self.reordered.saturating_sub(earlier.reordered),
        }
    }
}

impl AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.reordered += other.reordered;
    }
}

/// The sequence numbers that one subscriber has received. While they arrive in order, each costs one
/// comparison.
#[derive(Clone, Debug, Default)]
pub struct SequenceTracker {
    /// The next expected sequence number.
    next: u64,
    /// Skipped ranges: each from the key up to, but not including, the value.
    missing: BTreeMap<u64, u64>,
    doubled: u64,
    reordered: u64,
}

impl SequenceTracker {
    /// A tracker that expects `next` first.
    pub fn starting_at(next: u64) -> Self {
        Self { next, ..Self::default() }
    }

    /// The next expected sequence number.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Records an event. Returns whether it is new.
    pub fn record(&mut self, seq: u64) -> bool {
        if seq == self.next {
            self.next += 1;
            return true;
        }
        self.record_out_of_order(seq)
    }

    #[cold]
    fn record_out_of_order(&mut self, seq: u64) -> bool {
        if seq > self.next {
            self.missing.insert(self.next, seq);
            self.next = seq + 1;
            return true;
        }
        let gap = self.missing.range(..=seq).next_back().map(|(from, to)| (*from, *to));
        let Some((from, to)) = gap.filter(|(_, to)| seq < *to) else {
            self.doubled += 1;
            return false;
        };
        self.missing.remove(&from);
        if from < seq {
            self.missing.insert(from, seq);
        }
        if seq + 1 < to {
            self.missing.insert(seq + 1, to);
        }
        self.reordered += 1;
        true
    }

    /// The faults, if the last event of the stream has the number before `end`.
    pub fn faults(&self, end: u64) -> Faults {
        let skipped: u64 = self.missing.iter().map(|(from, to)| to - from).sum();
        Faults {
            lost: skipped + end.saturating_sub(self.next),
            // Events at or after the end were never published.
            doubled: self.doubled + self.next.saturating_sub(end),
            reordered: self.reordered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seqs: &[u64], end: u64, [lost, doubled, reordered]: [u64; 3]) {
        let mut tracker = SequenceTracker::starting_at(1);
        for seq in seqs {
            tracker.record(*seq);
        }
        assert_eq!(tracker.faults(end), Faults { lost, doubled, reordered }, "{seqs:?}");
    }

    #[test]
    fn each_kind_of_fault_is_counted() {
        check(&[1, 2, 3, 4], 5, [0, 0, 0]);
        check(&[1, 2, 4], 5, [1, 0, 0]);
        check(&[1, 2, 3], 5, [1, 0, 0]);
        check(&[3, 4], 5, [2, 0, 0]);
        check(&[1, 2, 2, 3, 4], 5, [0, 1, 0]);
        check(&[1, 3, 2, 4], 5, [0, 0, 1]);
        check(&[1, 3, 2, 2, 4], 5, [0, 1, 1]);
        check(&[4, 3, 2, 1], 5, [0, 0, 3]);
        check(&[5, 3, 5], 6, [3, 1, 1]);
        check(&[1, 2, 3, 4, 5], 5, [0, 1, 0]);
        check(&[], 5, [4, 0, 0]);
    }
}
