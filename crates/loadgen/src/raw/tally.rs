//! What one subscriber has seen of a stream, held against the places that the stream has.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::Serialize;

/// What should not have happened. Zeros, or the server is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// Never came.
    pub lost: u64,
    /// Came again.
    pub doubled: u64,
    /// Came, but after a later one.
    pub reordered: u64,
}

impl Faults {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }

    /// What has come to it since it was `earlier`.
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

/// The places that one subscriber has seen. Costs a comparison while everything is as it should be.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The place that should come next.
    next: u64,
    /// Places that were passed over: from the key up to, and not including, the value.
    missing: BTreeMap<u64, u64>,
    doubled: u64,
    reordered: u64,
}

impl Tally {
    /// Everything before `next` is known.
    pub fn starting_at(next: u64) -> Self {
        Self { next, ..Self::default() }
    }

    /// The place that should come next.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// An event came. Whether it is one that had not come before.
    pub fn saw(&mut self, place: u64) -> bool {
        if place == self.next {
            self.next += 1;
            return true;
        }
        self.saw_another(place)
    }

    #[cold]
    fn saw_another(&mut self, place: u64) -> bool {
        if place > self.next {
            self.missing.insert(self.next, place);
            self.next = place + 1;
            return true;
        }
        let hole = self.missing.range(..=place).next_back().map(|(from, to)| (*from, *to));
        let Some((from, to)) = hole.filter(|(_, to)| place < *to) else {
            self.doubled += 1;
            return false;
        };
        self.missing.remove(&from);
        if from < place {
            self.missing.insert(from, place);
        }
        if place + 1 < to {
            self.missing.insert(place + 1, to);
        }
        self.reordered += 1;
        true
    }

    /// What is wrong if the stream's last place is the one before `end`.
    pub fn faults(&self, end: u64) -> Faults {
        let passed_over: u64 = self.missing.iter().map(|(from, to)| to - from).sum();
        Faults {
            lost: passed_over + end.saturating_sub(self.next),
            // Beyond the end there is nothing that anybody said.
            doubled: self.doubled + self.next.saturating_sub(end),
            reordered: self.reordered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(places: &[u64], end: u64, [lost, doubled, reordered]: [u64; 3]) {
        let mut tally = Tally::starting_at(1);
        for place in places {
            tally.saw(*place);
        }
        assert_eq!(tally.faults(end), Faults { lost, doubled, reordered }, "{places:?}");
    }

    #[test]
    fn each_fault_is_seen_for_what_it_is() {
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
