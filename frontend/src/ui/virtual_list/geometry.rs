//! The positions of rows with different heights: measured heights for rows that were drawn, estimates for the
//! others.

use std::ops::Range;

/// Rows per block. A block stores the sum of its heights, so that a position among 100,000 rows is the sum of a
/// few hundred numbers.
const BLOCK: usize = 256;

/// The row that stays in place: its top is `below` pixels below the top of the visible part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Anchor {
    pub(crate) index: usize,
    pub(crate) below: f64,
}

/// The geometry of one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spot {
    /// In pixels; an estimate until it is measured.
    pub(crate) height: f64,
    pub(crate) measured: bool,
    /// Whether the row keeps its neighbours when rows are added above it.
    pub(crate) steady: bool,
}

/// The positions of rows, in pixels from the top of the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Geometry {
    spots: Vec<Spot>,
    /// The height of each block.
    blocks: Vec<f64>,
    total: f64,
}

impl Geometry {
    /// Replaces the rows in the range.
    pub(crate) fn splice(&mut self, range: Range<usize>, with: impl IntoIterator<Item = Spot>) {
        let first = range.start / BLOCK;
        self.spots.splice(range, with);
        self.blocks.truncate(first);
        let rest = self.spots.get(first * BLOCK..).unwrap_or_default();
        let sums =
            rest.chunks(BLOCK).map(|block| block.iter().map(|spot| spot.height).sum::<f64>());
        self.blocks.extend(sums);
        self.total = self.blocks.iter().sum();
    }

    /// Sets the measured height of a row; returns whether other rows move.
    pub(crate) fn measure(&mut self, index: usize, height: f64) -> bool {
        let Some(spot) = self.spots.get_mut(index) else { return false };
        let more = height - spot.height;
        spot.measured = true;
        spot.height = height;
        if more.abs() <= 0.01 {
            return false;
        }
        if let Some(block) = self.blocks.get_mut(index / BLOCK) {
            *block += more;
        }
        self.total += more;
        true
    }

    /// The geometry of a row.
    pub(crate) fn spot(&self, index: usize) -> Option<Spot> {
        self.spots.get(index).copied()
    }

    /// The height of all rows together.
    pub(crate) fn total(&self) -> f64 {
        self.total
    }

    /// The top of the row at this index.
    pub(crate) fn top(&self, index: usize) -> f64 {
        let index = index.min(self.spots.len());
        let block = index / BLOCK;
        let above: f64 = self.blocks.iter().take(block).sum();
        let beside = self.spots.get(block * BLOCK..index).unwrap_or_default();
        above + beside.iter().map(|spot| spot.height).sum::<f64>()
    }

    /// The number of rows, from the first, whose tops satisfy `is_before`, which must be monotonic.
    fn tops_while(&self, is_before: impl Fn(f64) -> bool) -> usize {
        let (mut top, mut block) = (0.0, 0);
        for height in &self.blocks {
            if !is_before(top + height) {
                break;
            }
            top += height;
            block += 1;
        }
        let mut index = self.spots.len().min(block * BLOCK);
        for spot in self.spots.iter().skip(index) {
            if !is_before(top) {
                break;
            }
            top += spot.height;
            index += 1;
        }
        index
    }

    /// The rows that overlap `from..to`.
    pub(crate) fn rows_between(&self, from: f64, to: f64) -> Range<usize> {
        let first = self.rows_above(from);
        let end = self.tops_while(|top| top < to);
        first..end.max(first)
    }

    /// The number of rows, from the first, that end at or above `y`.
    pub(crate) fn rows_above(&self, y: f64) -> usize {
        let begun = self.tops_while(|top| top <= y);
        if self.total <= y { begun } else { begun.saturating_sub(1) }
    }

    /// The first steady visible row at this scroll position, if possible one that was measured: the true height of the
    /// first row, if it was not drawn before, would move all rows below it. If possible it is not the first steady row
    /// of the list either: that one may lose its head when older rows come, which would move all rows below it, too.
    pub(crate) fn anchor(&self, scroll: f64, height: f64) -> Option<Anchor> {
        let visible = self.rows_between(scroll, scroll + height);
        let steady = |index: &usize| self.spot(*index).is_some_and(|spot| spot.steady);
        let measured = |index: &usize| self.spot(*index).is_some_and(|spot| spot.measured);
        let first = (0..self.spots.len()).find(steady);
        let mut known = visible.clone().filter(|index| steady(index) && measured(index));
        let known_first = known.next();
        let later = known_first.filter(|index| Some(*index) == first).and_then(|_| known.next());
        let index =
            later.or(known_first).or_else(|| (visible.start..self.spots.len()).find(steady))?;
        Some(Anchor { index, below: self.top(index) - scroll })
    }

    /// The scroll position at which the anchor is in place.
    pub(crate) fn scroll_for(&self, anchor: Anchor) -> f64 {
        (self.top(anchor.index) - anchor.below).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn spots(count: usize) -> impl Iterator<Item = Spot> {
        let spot = |index| Spot { height: 10.0, measured: false, steady: index % 5 != 0 };
        (0..count).map(spot)
    }

    fn geometry(count: usize) -> Geometry {
        let mut geometry = Geometry::default();
        geometry.splice(0..0, spots(count));
        geometry
    }

    #[test]
    fn measured_heights_replace_estimates_and_survive_new_rows() {
        let mut list = geometry(10);
        assert!(list.measure(1, 25.0));
        assert!(!list.measure(1, 25.0));
        assert_eq!((list.top(1), list.top(2), list.total()), (10.0, 35.0, 115.0));
        list.splice(0..0, spots(10));
        assert_eq!((list.top(12), list.total()), (135.0, 215.0));
    }

    #[test]
    fn only_visible_rows_are_drawn() {
        let list = geometry(10_000);
        assert_eq!(list.rows_between(0.0, 30.0), 0..3);
        assert_eq!(list.rows_between(25.0, 51.0), 2..6);
        assert_eq!(list.rows_between(99_990.0, 200_000.0), 9_999..10_000);
        assert_eq!(list.rows_between(-50.0, 10.0), 0..1);
        assert_eq!(geometry(0).rows_between(0.0, 100.0), 0..0);
    }

    #[test]
    fn a_row_counts_as_above_only_as_a_whole() {
        let list = geometry(10);
        assert_eq!(list.rows_above(0.0), 0);
        assert_eq!(list.rows_above(29.0), 2);
        assert_eq!(list.rows_above(30.0), 3);
        assert_eq!(list.rows_above(5_000.0), 10);
    }

    #[test]
    fn measurements_above_do_not_move_the_visible_rows() {
        let mut list = geometry(100);
        let anchor = list.anchor(500.0, 100.0).unwrap();
        assert_eq!(anchor, Anchor { index: 51, below: 10.0 });
        list.measure(3, 50.0);
        list.measure(4, 2.0);
        assert_eq!(Some(list.scroll_for(anchor)), Some(532.0));
    }

    #[test]
    fn a_row_that_is_measured_for_the_first_time_does_not_move_the_rows_below() {
        let mut list = geometry(100);
        list.measure(52, 10.0);
        let anchor = list.anchor(515.0, 100.0).unwrap();
        assert_eq!(anchor, Anchor { index: 52, below: 5.0 });
        list.measure(51, 4.0);
        assert_eq!(Some(list.scroll_for(anchor)), Some(509.0));
    }

    #[test]
    fn the_first_row_of_the_list_is_no_anchor_if_another_one_is_in_sight() {
        let mut list = geometry(10);
        for index in 1..4 {
            list.measure(index, 30.0);
        }
        assert_eq!(list.anchor(0.0, 100.0), Some(Anchor { index: 2, below: 40.0 }));
        assert_eq!(list.anchor(0.0, 20.0), Some(Anchor { index: 1, below: 10.0 }));
        assert_eq!(list.anchor(45.0, 100.0), Some(Anchor { index: 2, below: -5.0 }));
    }

    #[test]
    fn an_anchor_is_a_steady_row() {
        assert_eq!(geometry(10).anchor(0.0, 100.0), Some(Anchor { index: 1, below: 10.0 }));
        assert_eq!(geometry(1).anchor(0.0, 100.0), None);
    }

    proptest! {
        /// Heights are whole numbers here, so that sums do not depend on their order.
        #[test]
        fn places_are_the_sums_of_the_heights_above(
            changes in vec((0..2_000_usize, 0..700_usize, vec(1..200_u8, 0..700)), 1..8),
            measured in vec((0..2_000_usize, 1..200_u8), 0..20),
            y in 0..100_000_u32,
        ) {
            let (mut list, mut plain): (Geometry, Vec<f64>) = Default::default();
            for (start, length, heights) in changes {
                let range = start.min(plain.len())..(start + length).min(plain.len());
                let heights: Vec<f64> = heights.into_iter().map(f64::from).collect();
                let spot = |height: &f64| Spot { height: *height, measured: true, steady: true };
                list.splice(range.clone(), heights.iter().map(spot));
                plain.splice(range, heights);
            }
            for (index, height) in measured {
                list.measure(index, f64::from(height));
                if let Some(plain) = plain.get_mut(index) {
                    *plain = f64::from(height);
                }
            }
            let mut tops = vec![0.0];
            tops.extend(plain.iter().scan(0.0, |top, height| {
                *top += height;
                Some(*top)
            }));
            for (index, top) in tops.iter().enumerate() {
                prop_assert!((list.top(index) - *top).abs() < 0.001);
            }
            prop_assert!((list.total() - *tops.last().unwrap()).abs() < 0.001);
            let y = f64::from(y);
            prop_assert_eq!(list.rows_above(y), tops.partition_point(|top| *top <= y) - 1);
            let first = tops.partition_point(|top| *top <= y).saturating_sub(1);
            let end = tops.partition_point(|top| *top < y + 900.0).min(plain.len());
            prop_assert_eq!(list.rows_between(y, y + 900.0), first.min(end)..end);
        }
    }
}
