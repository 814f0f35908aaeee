//! All waits of the follower, with their reasons.

use std::time::Duration;

use tokio::time::Instant;

/// Longer than any process runs, and short enough to be added to any time.
const MAX_WAIT: Duration = Duration::from_hours(30 * 365 * 24);

/// All waits of the follower. The defaults are meant for production; tests choose others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From opening a source to its first reading, all included: 8 s. A person who waits for a
    /// price gives up not much later.
    pub answer_within: Duration,
    /// From one reading to the next: 10 s. Binance's stream sends about one per second, and a
    /// polled exchange answers every 2 s; five missing answers are more than a slow moment.
    pub silent_after: Duration,
    /// How long a source stays open after the last watcher left: 5 s, so that a page reload does
    /// not reconnect (Binance allows 300 connections in 5 minutes per address).
    pub grace: Duration,
    /// The shortest wait before a failed source is opened again: 1 s.
    pub retry_min: Duration,
    /// The longest wait after failures: 1 min. While a fallback serves, a preferred source that
    /// keeps failing is tried this often.
    pub retry_max: Duration,
    /// The wait after "too many requests" without a requested wait: 1 min, the window of the limits
    /// of Binance.
    pub limited_wait: Duration,
    /// The wait after a ban without a length: 2 min, the shortest that Binance documents.
    pub banned_wait: Duration,
    /// The longest accepted `Retry-After`: 3 days, the longest ban that Binance documents. A larger
    /// number is a mistake.
    pub max_retry_after: Duration,
    /// How long a source must serve until its earlier failures are forgotten: 1 min. A source that
    /// answers once and fails, again and again, is opened less and less often.
    pub steady_after: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            answer_within: Duration::from_secs(8),
            silent_after: Duration::from_secs(10),
            grace: Duration::from_secs(5),
            retry_min: Duration::from_secs(1),
            retry_max: Duration::from_mins(1),
            limited_wait: Duration::from_mins(1),
            banned_wait: Duration::from_mins(2),
            max_retry_after: Duration::from_hours(3 * 24),
            steady_after: Duration::from_mins(1),
        }
    }
}

/// The time after a wait of any length, without overflow.
pub(crate) fn after(now: Instant, wait: Duration) -> Instant {
    now + wait.min(MAX_WAIT)
}
