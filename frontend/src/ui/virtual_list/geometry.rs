//! Where rows of differing heights stand, when most of them were never drawn: measured heights where
//! there are any, estimates elsewhere.

use std::ops::Range;

/// The heights of so many rows are kept as one sum: what has to be added up to find a place among 100,000 rows
/// is a few hundred numbers.
const BLOCK: usize = 256;

/// A place to hold on to: this row's top, so many pixels below the top of what is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Anchor {
    pub(crate) index: usize,
    pub(crate) below: f64,
}

/// What the geometry knows of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spot {
    /// In pixels; what to assume until it is measured.
    pub(crate) height: f64,
    pub(crate) measured: bool,
    /// Whether the row stays beside the same neighbours when others come in above.
    pub(crate) steady: bool,
}

/// The rows' places, in pixels from the top of the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Geometry {
    spots: Vec<Spot>,
    /// The height of each block of rows.
    blocks: Vec<f64>,
    total: f64,
}

impl Geometry {
    /// Puts other rows in the place of those in the range.
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

    /// Notes a row's real height; answers whether that moves anything.
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

    /// What is known of a row.
    pub(crate) fn spot(&self, index: usize) -> Option<Spot> {
        self.spots.get(index).copied()
    }

    /// The height of all rows together.
    pub(crate) fn total(&self) -> f64 {
        self.total
    }

    /// Where the row at this index starts.
    pub(crate) fn top(&self, index: usize) -> f64 {
        let index = index.min(self.spots.len());
        let block = index / BLOCK;
        let above: f64 = self.blocks.iter().take(block).sum();
        let beside = self.spots.get(block * BLOCK..index).unwrap_or_default();
        above + beside.iter().map(|spot| spot.height).sum::<f64>()
    }

    /// How many rows, from the first, have their tops where `is_before` says so; it holds up to some place.
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

    /// The rows that any part of `from..to` falls on.
    pub(crate) fn rows_between(&self, from: f64, to: f64) -> Range<usize> {
        let first = self.rows_above(from);
        let end = self.tops_while(|top| top < to);
        first..end.max(first)
    }

    /// How many rows, from the first, end at or above `y`.
    pub(crate) fn rows_above(&self, y: f64) -> usize {
        let begun = self.tops_while(|top| top <= y);
        if self.total <= y { begun } else { begun.saturating_sub(1) }
    }

    /// The first steady row that is seen when `scroll` pixels are hidden above.
    pub(crate) fn anchor(&self, scroll: f64) -> Option<Anchor> {
        let first = self.rows_between(scroll, scroll).start;
        let index = first + self.spots.iter().skip(first).position(|spot| spot.steady)?;
        Some(Anchor { index, below: self.top(index) - scroll })
    }

    /// How many pixels to hide above so that the anchor is where it was.
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
    fn measured_heights_replace_estimates_and_outlive_new_rows() {
        let mut list = geometry(10);
        assert!(list.measure(1, 25.0));
        assert!(!list.measure(1, 25.0));
        assert_eq!((list.top(1), list.top(2), list.total()), (10.0, 35.0, 115.0));
        list.splice(0..0, spots(10));
        assert_eq!((list.top(12), list.total()), (135.0, 215.0));
    }

    #[test]
    fn only_rows_that_are_seen_are_drawn() {
        let list = geometry(10_000);
        assert_eq!(list.rows_between(0.0, 30.0), 0..3);
        assert_eq!(list.rows_between(25.0, 51.0), 2..6);
        assert_eq!(list.rows_between(99_990.0, 200_000.0), 9_999..10_000);
        assert_eq!(list.rows_between(-50.0, 10.0), 0..1);
        assert_eq!(geometry(0).rows_between(0.0, 100.0), 0..0);
    }

    #[test]
    fn a_row_counts_as_above_once_all_of_it_is() {
        let list = geometry(10);
        assert_eq!(list.rows_above(0.0), 0);
        assert_eq!(list.rows_above(29.0), 2);
        assert_eq!(list.rows_above(30.0), 3);
        assert_eq!(list.rows_above(5_000.0), 10);
    }

    #[test]
    fn heights_found_above_do_not_move_what_is_seen() {
        let mut list = geometry(100);
        let anchor = list.anchor(500.0).unwrap();
        assert_eq!(anchor, Anchor { index: 51, below: 10.0 });
        list.measure(3, 50.0);
        list.measure(4, 2.0);
        assert_eq!(Some(list.scroll_for(anchor)), Some(532.0));
    }

    #[test]
    fn an_anchor_is_a_steady_row() {
        assert_eq!(geometry(10).anchor(0.0), Some(Anchor { index: 1, below: 10.0 }));
        assert_eq!(geometry(1).anchor(0.0), None);
    }

    proptest! {
        /// Heights are whole numbers here, so that sums in another order are the same.
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
