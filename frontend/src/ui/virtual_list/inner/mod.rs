//! The rows of a list with their geometry, how a change of rows affects both, and the place at which the list
//! stands.

use std::collections::HashMap;
use std::ops::Range;

use super::ListRow;
use super::geometry::{Anchor, Geometry, Spot};

/// The distance from the end within which a reader counts as at the end, in pixels. It is more than the button
/// "jump to newest" covers.
const AT_END: f64 = 56.0;
/// The space that stays free above and below a row that gets the focus, in pixels: other elements may cover it.
const REVEAL_MARGIN: f64 = 56.0;

/// A change of rows: `rows` replace those in the range, which may reach beyond the end.
#[derive(Clone, Debug)]
pub(crate) struct Splice<R> {
    pub(crate) range: Range<usize>,
    pub(crate) rows: Vec<R>,
}

/// The visible part of the list, as the browser states it, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Viewport {
    pub(super) scroll: f64,
    pub(super) height: f64,
    /// The largest possible scroll position.
    pub(super) limit: f64,
}

/// A movement of the focus between the steady rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Into the list: to the row that had the focus last, or to the newest row on the screen.
    Enter,
    Previous,
    Next,
    First,
    Last,
}

/// A list without its elements.
pub(super) struct Inner<R: ListRow> {
    pub(super) rows: Vec<R>,
    pub(super) geometry: Geometry,
    /// The place of a list that does not follow its end.
    pub(super) anchor: Option<Anchor>,
    /// Whether the list stays at its end. Only the reader's own scrolling, [`Inner::show`], [`Inner::follow_end`],
    /// [`Inner::reveal`] and a held row change it; measuring never does.
    pub(super) follows: bool,
    /// A list that follows its end does not let this row leave the screen.
    pub(super) held: Option<R::Key>,
    /// Whether `held` counts. The reader's own scrolling ends it.
    pub(super) may_hold: bool,
    /// The scroll position that the list has set or read last, in pixels.
    pub(super) scroll: f64,
    /// The height of the visible part when the list was placed last, in pixels.
    height: f64,
    /// The rows that were drawn last.
    pub(super) drawn: Range<usize>,
    /// All rows are drawn again when this changes.
    pub(super) edition: u32,
    /// The row that has the focus or had it last.
    pub(super) active: Option<R::Key>,
    /// The list takes the focus of a row that is gone, and does not pass it on.
    pub(super) keeps_focus: bool,
}

impl<R: ListRow> Default for Inner<R> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            geometry: Geometry::default(),
            anchor: None,
            follows: true,
            held: None,
            may_hold: true,
            scroll: 0.0,
            height: 0.0,
            drawn: 0..0,
            edition: 0,
            active: None,
            keeps_focus: false,
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

    pub(super) fn last_key(&self) -> Option<R::Key> {
        self.rows.last().map(ListRow::key)
    }

    /// A list that shows its end follows it, however it came there. Call it before a change of the rows.
    pub(super) fn follow_shown_end(&mut self, view: Viewport) {
        let is_measured = |index| self.geometry.spot(index).is_some_and(|spot: Spot| spot.measured);
        self.follows |= !self.drawn.is_empty()
            && self.drawn.end == self.rows.len()
            && self.drawn.clone().all(is_measured)
            && self.below(view.scroll, view.height) <= 1.0;
    }

    /// Reads the scroll position before a change: its event comes later, and the change would undo the reader's
    /// scrolling.
    pub(super) fn look(&mut self, view: Viewport) {
        let is_own = (view.scroll - self.scroll).abs() < 1.0;
        // The browser moves a list that has become too short for its position, also where it was too short only
        // for a moment of a resize.
        let is_clamped = self.scroll > view.limit && view.scroll >= view.limit - 1.0;
        let is_resized = (view.height - self.height).abs() >= 1.0;
        self.scroll = view.scroll;
        if is_own || is_clamped || is_resized {
            return;
        }
        self.anchor = self.geometry.anchor(view.scroll, view.height).or(self.anchor);
        self.follows = self.below(view.scroll, view.height) < AT_END;
        self.may_hold = false;
    }

    /// The scroll position at which the list stands; none if it has no place yet.
    pub(super) fn place(&mut self, height: f64) -> Option<f64> {
        self.height = height;
        let total = self.geometry.total();
        if self.follows
            && self.may_hold
            && let Some(held) = self.held
            && let Some(index) = self.rows.iter().rposition(|row| row.key() == held)
            && self.geometry.top(index) < total - height
        {
            self.show(index, height);
        }
        if self.follows {
            return Some(total);
        }
        let anchor = self.anchor.as_mut()?;
        let place = self.geometry.scroll_for(*anchor);
        // At the start of the list the row stands higher than wanted. It stays there when rows are added above it.
        anchor.below = anchor.below.min(self.geometry.top(anchor.index) - place);
        Some(place)
    }

    /// Whether the end is on the screen, or almost.
    pub(super) fn is_at_end(&self, view: Viewport) -> bool {
        self.follows || self.below(view.scroll, view.height) < AT_END
    }

    /// The height of the rows below the visible part.
    fn below(&self, scroll: f64, height: f64) -> f64 {
        self.geometry.total() - scroll - height
    }

    /// Stands at the end from now on.
    pub(super) fn follow_end(&mut self) {
        self.follows = true;
        self.may_hold = false;
        self.active = None;
    }

    /// Stands at a row, a little below the top.
    pub(super) fn show(&mut self, index: usize, height: f64) {
        self.anchor = Some(Anchor { index, below: height / 4.0 });
        self.follows = false;
        self.may_hold = false;
    }

    /// Moves a row into the visible part, by no more than needed.
    pub(super) fn reveal(&mut self, index: usize, view: Viewport) {
        let Some(spot) = self.geometry.spot(index) else { return };
        let top = self.geometry.top(index);
        let gap = (view.height - self.geometry.total()).max(0.0);
        let below = top + gap - view.scroll;
        let lowest = view.height - REVEAL_MARGIN - spot.height;
        let wanted = below.min(lowest).max(REVEAL_MARGIN);
        if (wanted - below).abs() < 1.0 {
            return;
        }
        let end = (self.geometry.total() - view.height).max(0.0);
        let scroll = (top - wanted).clamp(0.0, end);
        self.anchor = Some(Anchor { index, below: top - scroll });
        self.follows = end - scroll < AT_END;
        self.may_hold = false;
    }

    /// The rows whose ends are in the visible part: a message counts as shown once its end was on the screen.
    pub(super) fn shown(&self, view: Viewport) -> Range<usize> {
        let gap = (view.height - self.geometry.total()).max(0.0);
        let top = view.scroll - gap;
        let first = self.geometry.rows_above(top);
        first..self.geometry.rows_above(top + view.height + 2.0).max(first)
    }

    /// The row that a step of the focus leads to.
    pub(super) fn step(&self, step: Step, view: Viewport) -> Option<usize> {
        let is_steady = |index: &usize| self.rows.get(*index).is_some_and(R::steady);
        let count = self.rows.len();
        let active = self.active.and_then(|key| self.rows.iter().rposition(|row| row.key() == key));
        let newest_shown = || (0..self.shown(view).end).rev().find(is_steady);
        match (step, active) {
            (Step::First, _) => (0..count).find(is_steady),
            (Step::Last, _) => (0..count).rev().find(is_steady),
            (Step::Enter, Some(active)) => Some(active),
            (Step::Previous, Some(active)) => (0..active).rev().find(is_steady),
            (Step::Next, Some(active)) => (active + 1..count).find(is_steady),
            (_, None) => newest_shown(),
        }
    }
}

#[cfg(test)]
mod tests;
