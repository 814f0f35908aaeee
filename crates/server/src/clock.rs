//! The system's clock, kept from going back.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use madang_hub::ports::Clock;
use madang_shared::Timestamp;

/// Starts at the system's time and goes on steadily from there: a step of the system's clock, back
/// or ahead, ends no connection and reorders no message. (A server that runs for months follows the
/// clock's slow corrections no more; a restart takes them up.)
#[derive(Debug)]
pub(crate) struct SteadyClock {
    started: Instant,
    epoch_ms: u64,
}

impl SteadyClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else is given"
    )]
    pub(crate) fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            started: Instant::now(),
            epoch_ms: u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Timestamp(self.epoch_ms).plus(elapsed)
    }
}
