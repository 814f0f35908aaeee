//! The rows of a list with their geometry, and how a change of rows affects both.

use std::collections::HashMap;
use std::ops::Range;

use super::ListRow;
use super::geometry::{Anchor, Geometry, Spot};

/// A change of rows: `rows` replace those in the range, which may reach beyond the end.
#[derive(Clone, Debug)]
pub(crate) struct Splice<R> {
    pub(crate) range: Range<usize>,
    pub(crate) rows: Vec<R>,
}

/// A list without its elements.
pub(super) struct Inner<R> {
    pub(super) rows: Vec<R>,
    pub(super) geometry: Geometry,
    pub(super) anchor: Option<Anchor>,
    /// The last known scroll position, in pixels.
    pub(super) scroll: f64,
    /// The rows that were drawn last.
    pub(super) drawn: Range<usize>,
    /// All rows are drawn again when this changes.
    pub(super) edition: u32,
}

impl<R> Default for Inner<R> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            geometry: Geometry::default(),
            anchor: None,
            scroll: 0.0,
            drawn: 0..0,
            edition: 0,
        }
    }
}

impl<R: ListRow> Inner<R> {
    /// Applies a change; returns whether it changes any row.
    pub(super) fn splice(&mut self, Splice { range, mut rows }: Splice<R>) -> bool {
        let (mut start, mut end) =
            (range.start.min(self.rows.len()), range.end.min(self.rows.len()));
        // Equal rows at both ends are left alone.
        let same = self.rows.iter().skip(start).take(end - start).zip(&rows);
        let same = same.take_while(|(before, now)| before == now).count();
        rows.drain(..same);
        start += same;
        while end > start && !rows.is_empty() && self.rows.get(end - 1) == rows.last() {
            rows.pop();
            end -= 1;
        }
        if start == end && rows.is_empty() {
            return false;
        }
        let before = self.rows.iter().enumerate().skip(start).take(end - start);
        let known: HashMap<R::Key, f64> = before
            .filter_map(|(index, row)| {
                let spot = self.geometry.spot(index).filter(|spot| spot.measured)?;
                Some((row.key(), spot.height))
            })
            .collect();
        self.anchor = self.anchor.and_then(|anchor| {
            let index = if anchor.index < start {
                anchor.index
            } else if anchor.index >= end {
                anchor.index - end + start + rows.len()
            } else {
                let key = self.rows.get(anchor.index)?.key();
                start + rows.iter().position(|row| row.key() == key)?
            };
            Some(Anchor { index, ..anchor })
        });
        let spots = rows.iter().map(|row| {
            let known = known.get(&row.key());
            Spot {
                height: known.copied().unwrap_or_else(|| row.estimate()),
                measured: known.is_some(),
                steady: row.steady(),
            }
        });
        self.geometry.splice(start..end, spots);
        self.rows.splice(start..end, rows);
        true
    }
}
