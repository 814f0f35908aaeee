//! What one way of four brought, and at what cost.

use std::collections::VecDeque;

use madang_shared::lab::transports::Tick;

use crate::format::tenths;

/// Latencies that count: those of the last so many events.
pub(super) const KEPT: usize = 120;
/// The plot's size, in its own units.
pub(super) const WIDTH: f64 = 240.0;
pub(super) const HEIGHT: f64 = 80.0;
/// The plot's scale is logarithmic, from a tenth of a millisecond to ten seconds: five decades.
const BOTTOM_MS: f64 = 0.1;
const DECADES: f64 = 5.0;

/// The numbers of one way.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Requests made, handshakes of connections that stay among them.
    pub(super) requests: u64,
    pub(super) events: u64,
    /// Events that were let go of before they could be fetched.
    pub(super) missed: u64,
    /// Bytes that came.
    pub(super) received: u64,
    /// Bytes that went: the heads of the requests.
    pub(super) sent: u64,
    /// Times that it broke off or was refused.
    pub(super) failures: u64,
    /// The place of the last event.
    pub(super) last: u64,
    latencies: VecDeque<f64>,
}

impl Tally {
    /// One that goes on after a place.
    pub(super) fn after(last: u64) -> Self {
        Self { last, ..Self::default() }
    }

    /// An event arrived; `now` is by the server's clock. Each way brings the events in order and none
    /// twice: where the places start again, the server did.
    pub(super) fn arrived(&mut self, tick: Tick, now: f64) {
        self.missed += tick.seq.saturating_sub(self.last + 1);
        self.last = tick.seq;
        self.events += 1;
        self.latencies.push_back(now - tick.at);
        if self.latencies.len() > KEPT {
            self.latencies.pop_front();
        }
    }

    /// The latency, in milliseconds, that this share of the events stayed within.
    pub(super) fn percentile(&self, share: f64) -> Option<f64> {
        let mut sorted: Vec<f64> = Vec::new();
        for latency in &self.latencies {
            sorted.insert(sorted.partition_point(|it| it <= latency), *latency);
        }
        let rank = (share * count(sorted.len())).ceil().max(1.0);
        sorted.into_iter().zip(1_u32..).find(|(_, place)| f64::from(*place) >= rank).map(|it| it.0)
    }

    /// The points of the plot, oldest first, as SVG writes them.
    pub(super) fn points(&self) -> String {
        let step = WIDTH / count(KEPT - 1);
        let mut x = WIDTH - step * count(self.latencies.len());
        let points = self.latencies.iter().map(|latency| {
            x += step;
            format!("{},{}", tenths(x), tenths(height(*latency)))
        });
        points.collect::<Vec<_>>().join(" ")
    }
}

/// Where a latency stands in the plot, from the top.
pub(super) fn height(latency: f64) -> f64 {
    let decades = (latency.max(BOTTOM_MS) / BOTTOM_MS).log10().min(DECADES);
    HEIGHT * (1.0 - decades / DECADES)
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
fn count(number: usize) -> f64 {
    number as f64
}

/// Bytes of a WebSocket frame from a server with so many bytes in it (RFC 6455 section 5.2).
pub(super) fn framed(bytes: usize) -> u64 {
    let head = match bytes {
        0..=125 => 2,
        126..=65_535 => 4,
        _ => 10,
    };
    (bytes + head) as u64
}

/// The server's clock minus the browser's, from requests `(sent, server's clock, received)`: that of the
/// shortest round trip, and how far off it can be.
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
        assert_eq!(tally.percentile(0.5), None);
        for late in 1..=20_u32 {
            tally.arrived(Tick { seq: 10 + u64::from(late), at: 0.0 }, f64::from(late));
        }
        assert_eq!((tally.events, tally.missed), (20, 0));
        assert_eq!((tally.percentile(0.5), tally.percentile(0.95)), (Some(10.0), Some(19.0)));
        tally.arrived(Tick { seq: 33, at: 0.0 }, 1.0);
        assert_eq!(tally.missed, 2);
        tally.arrived(Tick { seq: 1, at: 0.0 }, 1.0);
        assert_eq!((tally.last, tally.missed), (1, 2));
    }

    #[test]
    fn the_clock_is_that_of_the_shortest_round_trip() {
        assert_eq!(offset(&[(0.0, 105.0, 20.0), (30.0, 131.0, 32.0)]), Some((100.0, 1.0)));
        assert_eq!(offset(&[]), None);
    }

    #[test]
    fn the_plot_is_logarithmic_and_holds_everything() {
        assert_eq!((height(-1.0), height(0.1), height(1e9)), (HEIGHT, HEIGHT, 0.0));
        assert!((height(10.0) - HEIGHT * 0.6).abs() < 1e-9);
        assert_eq!((framed(125), framed(126)), (127, 130));
    }
}
