//! Every wait of the follower, with its reason.

use std::time::Duration;

use tokio::time::Instant;

/// Longer than any process runs, and short enough to be added to any moment.
const FOR_EVER: Duration = Duration::from_hours(30 * 365 * 24);

/// How patient the follower is. The defaults are meant to be kept; tests choose others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From opening a source to its first reading, all included: 8 s. A person who waits for a price
    /// gives up not much later.
    pub answer_within: Duration,
    /// From one reading to the next: 10 s. Binance's stream sends about one a second, a polled
    /// exchange is asked every 2 s; five missed answers are not a slow moment any more.
    pub silent_after: Duration,
    /// How long a source stays open after the last watcher left: 5 s. Turning a page must not close
    /// and open it (Binance allows 300 connections in 5 minutes per address).
    pub grace: Duration,
    /// The shortest wait before a source that failed is opened again: 1 s.
    pub hold_min: Duration,
    /// The longest wait after failures: 1 min. So this is also how often a preferred source that
    /// keeps failing is tried while a fallback serves.
    pub hold_max: Duration,
    /// The wait after "asked too often" without a time: 1 min, the window in which Binance counts.
    pub limited_hold: Duration,
    /// The wait after a ban without a time: 2 min, the shortest that Binance documents.
    pub banned_hold: Duration,
    /// The longest that a named time is believed: 3 days, the longest ban that Binance documents. A
    /// larger number is taken for a mistake.
    pub longest_hold: Duration,
    /// How long a source must have served for its earlier failures to be forgotten: 1 min. One that
    /// answers once and fails, again and again, is opened less and less often.
    pub steady_after: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            answer_within: Duration::from_secs(8),
            silent_after: Duration::from_secs(10),
            grace: Duration::from_secs(5),
            hold_min: Duration::from_secs(1),
            hold_max: Duration::from_mins(1),
            limited_hold: Duration::from_mins(1),
            banned_hold: Duration::from_mins(2),
            longest_hold: Duration::from_hours(3 * 24),
            steady_after: Duration::from_mins(1),
        }
    }
}

/// The moment after a wait, however absurdly long somebody chose it.
pub(crate) fn after(now: Instant, wait: Duration) -> Instant {
    now + wait.min(FOR_EVER)
}
