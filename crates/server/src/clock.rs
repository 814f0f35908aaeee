//! The clock of the process: the system clock, but monotonic.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use madang_hub::ports::Clock;
use madang_shared::Timestamp;

/// A clock that starts at the system time and runs monotonically. When the system clock is ahead
/// (it was set, or the machine slept, which `Instant` does not count), this clock jumps to it. When
/// the system clock is behind, this clock continues. So timestamps are right after a sleep, and
/// never decrease.
#[derive(Debug)]
pub(crate) struct SteadyClock {
    started: Instant,
    /// Milliseconds since 1970 at the start, raised when the system clock is ahead.
    base_ms: AtomicU64,
}

impl SteadyClock {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), base_ms: AtomicU64::new(system_ms()) }
    }

    fn at(&self, system_ms: u64, elapsed_ms: u64) -> Timestamp {
        let ahead = system_ms.saturating_sub(elapsed_ms);
        let base = self.base_ms.fetch_max(ahead, Ordering::Relaxed).max(ahead);
        Timestamp(base).plus(elapsed_ms)
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.at(system_ms(), elapsed)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the implementation of the `Clock` port")]
fn system_ms() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_follows_the_system_forward_and_never_back() {
        let clock = SteadyClock { started: Instant::now(), base_ms: AtomicU64::new(1_000) };
        assert_eq!(clock.at(1_010, 10), Timestamp(1_010));
        assert_eq!(clock.at(900, 20), Timestamp(1_020), "set back: it continues");
        assert_eq!(clock.at(8_000, 30), Timestamp(8_000), "after a sleep it is right");
        assert_eq!(clock.at(7_000, 40), Timestamp(8_010));
    }
}
