//! The numbers of one transport.

use std::collections::{BinaryHeap, VecDeque};
use std::fmt::Write;

use madang_shared::lab::transports::Tick;

use crate::format::whole;

/// The time that the chart shows, in milliseconds. The percentiles are those of the same events.
pub(super) const WINDOW_MS: f64 = 20_000.0;
/// The width and the height of the chart, in its own units.
pub(super) const SIDE: i64 = 1_000;
const SIDE_UNITS: f64 = 1_000.0;
/// The chart's scale is logarithmic, from a tenth of a millisecond to ten seconds: five decades.
const BOTTOM_MS: f64 = 0.1;
const DECADES: f64 = 5.0;

/// Whether a transport delivers events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum TransportState {
    /// The run has not started it.
    #[default]
    Idle,
    /// The first answer is due.
    Opening,
    Connected,
    /// The last attempt failed; another one follows.
    Broken,
}

/// An event that arrived.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    /// When it happened, by the server's clock.
    at: f64,
    /// In milliseconds.
    latency: f64,
}

/// The numbers of one transport.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) state: TransportState,
    /// Requests, including the handshakes of streams and sockets.
    pub(super) requests: u64,
    pub(super) events: u64,
    /// Events that were dropped before they could be fetched.
    pub(super) missed: u64,
    /// Received bytes.
    pub(super) received: u64,
    /// Sent bytes: the heads of the requests.
    pub(super) sent: u64,
    /// Failed or refused attempts.
    pub(super) failures: u64,
    /// The number of the last event.
    pub(super) last: u64,
    samples: VecDeque<Sample>,
}

impl Tally {
    /// A tally that continues after an event.
    pub(super) fn after(last: u64) -> Self {
        Self { last, state: TransportState::Opening, ..Self::default() }
    }

    /// Counts an event; `now` is by the server's clock. Events come in order and once: smaller numbers mean that
    /// the server was restarted.
    pub(super) fn arrived(&mut self, tick: Tick, now: f64) {
        self.state = TransportState::Connected;
        self.missed += tick.seq.saturating_sub(self.last + 1);
        self.last = tick.seq;
        self.events += 1;
        self.samples.push_back(Sample { at: tick.at, latency: now - tick.at });
        while self.samples.front().is_some_and(|first| first.at < tick.at - WINDOW_MS) {
            self.samples.pop_front();
        }
    }

    /// An attempt failed.
    pub(super) fn failed(&mut self) {
        self.state = TransportState::Broken;
        self.failures += 1;
    }

    /// The latency, in milliseconds, that this share of the events does not exceed, in percent.
    pub(super) fn percentile(&self, percent: usize) -> Option<f64> {
        // Whole microseconds have an order, and a heap sorts with little code.
        let micros = self.samples.iter().map(|sample| whole(sample.latency * 1_000.0));
        let sorted = micros.collect::<BinaryHeap<_>>().into_sorted_vec();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).map(|micros| from_whole(*micros) / 1_000.0)
    }

    /// The points of the chart for SVG, oldest first. `now` is by the server's clock.
    pub(super) fn points(&self, now: f64) -> String {
        let mut points = String::new();
        for (x, y) in self.samples.iter().filter_map(|sample| place(*sample, now)) {
            // Writing into a string never fails.
            write!(points, "{x},{y} ").ok();
        }
        points
    }

    /// The point of the last event, and its latency.
    pub(super) fn end(&self, now: f64) -> Option<(i64, i64, f64)> {
        let last = *self.samples.back()?;
        place(last, now).map(|(x, y)| (x, y, last.latency))
    }
}

/// The point of an event in the chart, from the left and from the top; none for an event that is too old for it.
fn place(sample: Sample, now: f64) -> Option<(i64, i64)> {
    let x = SIDE_UNITS * (1.0 - (now - sample.at) / WINDOW_MS);
    (x >= 0.0).then(|| (whole(x).min(SIDE), height(sample.latency)))
}

/// The place of a latency in the chart, from the top.
pub(super) fn height(latency: f64) -> i64 {
    let decades = (latency.max(BOTTOM_MS) / BOTTOM_MS).log10().min(DECADES);
    whole(SIDE_UNITS * (1.0 - decades / DECADES))
}

/// Moves the places of labels apart until no two are nearer than `gap`, in their order, within the chart.
pub(super) fn spread<const N: usize>(places: [i64; N], gap: i64) -> [i64; N] {
    let mut order = [0; N];
    for (index, place) in places.iter().enumerate() {
        let rank = places.iter().enumerate().filter(|it| (it.1, it.0) < (place, index)).count();
        if let Some(slot) = order.get_mut(rank) {
            *slot = index;
        }
    }
    let mut moved = places;
    let mut least = 0;
    for index in order {
        if let Some(place) = moved.get_mut(index) {
            *place = (*place).max(least);
            least = *place + gap;
        }
    }
    let mut most = SIDE;
    for index in order.into_iter().rev() {
        if let Some(place) = moved.get_mut(index) {
            *place = (*place).min(most);
            most = *place - gap;
        }
    }
    moved
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of a latency: far below 2^52")]
fn from_whole(number: i64) -> f64 {
    number as f64
}

/// The size of a server's WebSocket frame with a payload of this size, in bytes (RFC 6455 section 5.2).
pub(super) fn framed(bytes: usize) -> u64 {
    let head = match bytes {
        0..=125 => 2,
        126..=65_535 => 4,
        _ => 10,
    };
    (bytes + head) as u64
}

/// The server's clock minus the browser's, and its uncertainty, from requests `(sent, server's clock, received)`:
/// the shortest round trip decides.
pub(super) fn offset(trips: &[(f64, f64, f64)]) -> Option<(f64, f64)> {
    let by_length =
        |a: &&(f64, f64, f64), b: &&(f64, f64, f64)| (a.2 - a.0).total_cmp(&(b.2 - b.0));
    let (sent, server, received) = trips.iter().min_by(by_length)?;
    Some((server - f64::midpoint(*sent, *received), (received - sent) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_and_so_are_those_that_were_missed() {
        let mut tally = Tally::after(10);
        assert_eq!((tally.percentile(50), tally.state), (None, TransportState::Opening));
        for late in 1..=20_u32 {
            tally.arrived(Tick { seq: 10 + u64::from(late), at: 0.0 }, f64::from(late));
        }
        assert_eq!((tally.events, tally.missed, tally.state), (20, 0, TransportState::Connected));
        assert_eq!((tally.percentile(50), tally.percentile(99)), (Some(10.0), Some(20.0)));
        tally.arrived(Tick { seq: 33, at: 0.0 }, 1.0);
        assert_eq!(tally.missed, 2);
        tally.arrived(Tick { seq: 1, at: 0.0 }, 1.0);
        assert_eq!((tally.last, tally.missed), (1, 2));
        tally.failed();
        assert_eq!((tally.failures, tally.state), (1, TransportState::Broken));
    }

    #[test]
    fn the_clock_is_that_of_the_shortest_round_trip() {
        assert_eq!(offset(&[(0.0, 105.0, 20.0), (30.0, 131.0, 32.0)]), Some((100.0, 1.0)));
        assert_eq!(offset(&[]), None);
    }

    #[test]
    fn the_chart_is_logarithmic_and_holds_everything() {
        assert_eq!((height(-1.0), height(0.1), height(1e9)), (SIDE, SIDE, 0));
        assert_eq!(height(10.0), 600);
        assert_eq!((framed(125), framed(126)), (127, 130));
    }

    #[test]
    fn the_chart_and_the_percentiles_are_those_of_the_last_seconds() {
        let mut tally = Tally::after(0);
        tally.arrived(Tick { seq: 1, at: 0.0 }, 9_000.0);
        tally.arrived(Tick { seq: 2, at: 10_000.0 }, 10_010.0);
        assert_eq!(tally.points(20_000.0), "0,9 500,600 ");
        assert_eq!(tally.points(25_000.0), "250,600 ");
        tally.arrived(Tick { seq: 3, at: 21_000.0 }, 21_010.0);
        assert_eq!(tally.percentile(99), Some(10.0), "the first event is too old");
        assert_eq!(tally.end(21_000.0), Some((SIDE, 600, 10.0)));
    }

    #[test]
    fn labels_do_not_cover_each_other_and_keep_their_order() {
        assert_eq!(spread([100, 500, 900], 80), [100, 500, 900]);
        assert_eq!(spread([500, 490, 495, 100], 80), [650, 490, 570, 100]);
        assert_eq!(spread([1_000, 1_000, 990], 80), [920, 1_000, 840]);
        assert_eq!(spread([0, 0], 80), [0, 80]);
    }
}
