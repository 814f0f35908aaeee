//! A clock for the client that never goes backwards.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use madang_shared::Timestamp;
use tokio::time::Instant;

/// Starts at the system time and then advances monotonically.
#[derive(Clone, Copy, Debug)]
pub struct MonotonicClock {
    started: Instant,
    epoch_ms: u64,
}

impl MonotonicClock {
    /// Starts the clock at the current system time.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock; everything else gets a `MonotonicClock`"
    )]
    pub fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let epoch_ms = u64::try_from(since_epoch.as_millis()).unwrap_or_default();
        Self { started: Instant::now(), epoch_ms }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or_default();
        Timestamp(self.epoch_ms).plus(elapsed)
    }

    /// Converts a timestamp into an instant for timers.
    pub fn instant(&self, at: Timestamp) -> Instant {
        self.started + Duration::from_millis(at.since(Timestamp(self.epoch_ms)))
    }
}
