//! Where rows of differing heights stand, when most of them were never drawn: measured heights where
//! there are any, estimates elsewhere.

use std::collections::HashMap;
use std::ops::Range;

/// Names a row as long as it lives, wherever it stands.
pub(crate) type RowKey = u64;

/// A place to hold on to: this row's top, so many pixels below the top of what is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Anchor {
    pub(crate) key: RowKey,
    pub(crate) below: f64,
}

/// What the geometry needs to know of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spot {
    pub(crate) key: RowKey,
    /// The height to assume until it is measured.
    pub(crate) estimate: f64,
    /// Whether the row stays beside the same neighbours when others come in above.
    pub(crate) steady: bool,
}

/// The rows' places, in pixels from the top of the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Geometry {
    spots: Vec<Spot>,
    /// One more than there are spots: the last is the height of all.
    tops: Vec<f64>,
    measured: HashMap<RowKey, f64>,
}

impl Geometry {
    /// These are the rows now. What was measured of rows that are still there stays.
    pub(crate) fn set(&mut self, spots: Vec<Spot>) {
        self.spots = spots;
        self.place();
    }

    /// Notes a row's real height; answers whether that moves anything. Call [`Self::place`] after.
    pub(crate) fn measure(&mut self, key: RowKey, height: f64) -> bool {
        let before = self.measured.insert(key, height);
        before.is_none_or(|before| (before - height).abs() > 0.01)
    }

    /// Computes all places anew.
    pub(crate) fn place(&mut self) {
        self.tops.clear();
        let mut top = 0.0;
        self.tops.push(top);
        for spot in &self.spots {
            top += self.measured.get(&spot.key).copied().unwrap_or(spot.estimate);
            self.tops.push(top);
        }
    }

    /// The height of all rows together.
    pub(crate) fn total(&self) -> f64 {
        self.tops.last().copied().unwrap_or(0.0)
    }

    /// Where the row at this index starts.
    pub(crate) fn top(&self, index: usize) -> f64 {
        self.tops.get(index).copied().unwrap_or_else(|| self.total())
    }

    /// Where the row with this key starts.
    pub(crate) fn top_of(&self, key: RowKey) -> Option<f64> {
        let index = self.spots.iter().position(|spot| spot.key == key)?;
        Some(self.top(index))
    }

    /// The rows that any part of `from..to` falls on.
    pub(crate) fn rows_between(&self, from: f64, to: f64) -> Range<usize> {
        let rows = self.spots.len();
        let first = self.tops.partition_point(|top| *top <= from).saturating_sub(1);
        let end = self.tops.partition_point(|top| *top < to);
        first.min(rows)..end.clamp(first.min(rows), rows)
    }

    /// How many rows, from the first, end at or above `y`.
    pub(crate) fn rows_above(&self, y: f64) -> usize {
        self.tops.partition_point(|top| *top <= y).saturating_sub(1)
    }

    /// The first steady row that is seen when `scroll` pixels are hidden above.
    pub(crate) fn anchor(&self, scroll: f64) -> Option<Anchor> {
        let first = self.rows_between(scroll, scroll).start;
        let steady = (first..).zip(self.spots.iter().skip(first));
        let (index, spot) = steady.into_iter().find(|(_, spot)| spot.steady)?;
        Some(Anchor { key: spot.key, below: self.top(index) - scroll })
    }

    /// How many pixels to hide above so that the anchor is where it was.
    pub(crate) fn scroll_for(&self, anchor: Anchor) -> Option<f64> {
        Some((self.top_of(anchor.key)? - anchor.below).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spots(keys: Range<u64>) -> Vec<Spot> {
        keys.map(|key| Spot { key, estimate: 10.0, steady: key % 5 != 0 }).collect()
    }

    fn geometry(keys: Range<u64>) -> Geometry {
        let mut geometry = Geometry::default();
        geometry.set(spots(keys));
        geometry
    }

    #[test]
    fn measured_heights_replace_estimates_and_outlive_new_rows() {
        let mut list = geometry(10..20);
        assert!(list.measure(11, 25.0));
        assert!(!list.measure(11, 25.0));
        list.place();
        assert_eq!((list.top(1), list.top(2), list.total()), (10.0, 35.0, 115.0));
        list.set(spots(0..20));
        assert_eq!((list.top_of(12), list.total()), (Some(135.0), 215.0));
    }

    #[test]
    fn only_rows_that_are_seen_are_drawn() {
        let list = geometry(0..10_000);
        assert_eq!(list.rows_between(0.0, 30.0), 0..3);
        assert_eq!(list.rows_between(25.0, 51.0), 2..6);
        assert_eq!(list.rows_between(99_990.0, 200_000.0), 9_999..10_000);
        assert_eq!(list.rows_between(-50.0, 10.0), 0..1);
        assert_eq!(geometry(0..0).rows_between(0.0, 100.0), 0..0);
    }

    #[test]
    fn a_row_counts_as_above_once_all_of_it_is() {
        let list = geometry(0..10);
        assert_eq!(list.rows_above(0.0), 0);
        assert_eq!(list.rows_above(29.0), 2);
        assert_eq!(list.rows_above(30.0), 3);
        assert_eq!(list.rows_above(5_000.0), 10);
    }

    #[test]
    fn older_rows_come_in_above_without_a_jump() {
        let mut list = geometry(100..150);
        let anchor = list.anchor(12.0).unwrap();
        assert_eq!(anchor, Anchor { key: 101, below: -2.0 });
        list.set(spots(50..150));
        assert_eq!(list.scroll_for(anchor), Some(512.0));
    }

    #[test]
    fn heights_found_above_do_not_move_what_is_seen() {
        let mut list = geometry(0..100);
        let anchor = list.anchor(500.0).unwrap();
        list.measure(3, 50.0);
        list.measure(4, 2.0);
        list.place();
        assert_eq!(list.scroll_for(anchor), Some(532.0));
    }

    #[test]
    fn an_anchor_is_a_steady_row() {
        assert_eq!(geometry(0..10).anchor(0.0), Some(Anchor { key: 1, below: 10.0 }));
        assert_eq!(geometry(0..1).anchor(0.0), None);
        assert_eq!(geometry(0..10).scroll_for(Anchor { key: 99, below: 0.0 }), None);
    }
}
