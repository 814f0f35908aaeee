//! The numbers of one transport.

use std::collections::VecDeque;

use madang_shared::lab::transports::Tick;

use crate::format::tenths;

/// The events whose latencies are used: the last ones.
pub(super) const SAMPLES: usize = 120;
/// The plot's size, in its own units.
pub(super) const WIDTH: f64 = 240.0;
pub(super) const HEIGHT: f64 = 80.0;
/// The plot's scale is logarithmic, from a tenth of a millisecond to ten seconds: five decades.
const BOTTOM_MS: f64 = 0.1;
const DECADES: f64 = 5.0;

/// The numbers of one transport.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
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
    latencies: VecDeque<f64>,
}

impl Tally {
    /// A tally that continues after an event.
    pub(super) fn after(last: u64) -> Self {
        Self { last, ..Self::default() }
    }

    /// Counts an event; `now` is by the server's clock. Events come in order and once: smaller numbers mean that
    /// the server was restarted.
    pub(super) fn arrived(&mut self, tick: Tick, now: f64) {
        self.missed += tick.seq.saturating_sub(self.last + 1);
        self.last = tick.seq;
        self.events += 1;
        self.latencies.push_back(now - tick.at);
        if self.latencies.len() > SAMPLES {
            self.latencies.pop_front();
        }
    }

    /// The latency, in milliseconds, that this share of the events does not exceed.
    pub(super) fn percentile(&self, share: f64) -> Option<f64> {
        let mut sorted: Vec<f64> = Vec::new();
        for latency in &self.latencies {
            sorted.insert(sorted.partition_point(|it| it <= latency), *latency);
        }
        let rank = (share * count(sorted.len())).ceil().max(1.0);
        sorted.into_iter().zip(1_u32..).find(|(_, place)| f64::from(*place) >= rank).map(|it| it.0)
    }

    /// The points of the plot for SVG, oldest first.
    pub(super) fn points(&self) -> String {
        let step = WIDTH / count(SAMPLES - 1);
        let mut x = WIDTH - step * count(self.latencies.len());
        let points = self.latencies.iter().map(|latency| {
            x += step;
            format!("{},{}", tenths(x), tenths(height(*latency)))
        });
        points.collect::<Vec<_>>().join(" ")
    }
}

/// The vertical position of a latency in the plot, from the top.
pub(super) fn height(latency: f64) -> f64 {
    let decades = (latency.max(BOTTOM_MS) / BOTTOM_MS).log10().min(DECADES);
    HEIGHT * (1.0 - decades / DECADES)
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
fn count(number: usize) -> f64 {
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
