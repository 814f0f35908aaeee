//! A clock for tests in paused time.

use madang_hub::ports::Clock;
use madang_shared::Timestamp;
use tokio::time::Instant;

/// 2025-06-15T15:06:40Z: no multiple of a minute.
pub(crate) const START: Timestamp = Timestamp(1_750_000_000_000);

/// Follows the paused time.
pub(crate) struct TestClock(pub(crate) Instant);

impl TestClock {
    /// A clock that shows [`START`].
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        START.plus(u64::try_from(self.0.elapsed().as_millis()).expect("short"))
    }
}
