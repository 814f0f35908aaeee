//! The system's clock, kept from going back: the client wants time that only moves forward.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use madang_shared::Timestamp;
use tokio::time::Instant;

/// Starts at the system's time and goes on steadily from there.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    epoch_ms: u64,
}

impl Clock {
    /// Starts it.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else is given"
    )]
    pub fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let epoch_ms = u64::try_from(since_epoch.as_millis()).unwrap_or_default();
        Self { started: Instant::now(), epoch_ms }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or_default();
        Timestamp(self.epoch_ms).plus(elapsed)
    }

    /// The same moment, as timers want it.
    pub fn instant(&self, at: Timestamp) -> Instant {
        self.started + Duration::from_millis(at.since(Timestamp(self.epoch_ms)))
    }
}
