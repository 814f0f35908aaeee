//! The clock of the process: the system clock, but steady.

use std::cmp::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use madang_hub::ports::Clock;
use madang_shared::Timestamp;
use madang_shared::ids::MAX_CLOCK_CORRECTION_MS;
use parking_lot::Mutex;

/// While this clock is ahead of the system clock by a small correction, it loses a millisecond in each
/// period of this many milliseconds. Heartbeats and limits do not notice that.
const SLOW_PERIOD_MS: u64 = 16;

/// A clock that starts at the system time and runs steadily.
///
/// - The system clock is ahead (it was set, or the machine slept, which `Instant` does not count): this
///   clock follows at once.
/// - The system clock is behind by at most [`MAX_CLOCK_CORRECTION_MS`]: this clock runs slower until they
///   agree, so that times never decrease.
/// - The system clock is behind by more: one of the two was wrong, and this clock goes back. Times would
///   be wrong until the next start otherwise. A time that was recorded before then lies in the future;
///   see [`Timestamp::has_passed`].
#[derive(Debug)]
pub(crate) struct SteadyClock {
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Milliseconds since 1970 at the start, according to the present knowledge.
    base_ms: u64,
    /// The last time that was returned.
    last: Timestamp,
    /// The time since the start up to which this clock has run slower.
    slowed_ms: u64,
}

/// A correction that the operator should know of, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Correction {
    Forward(u64),
    Back(u64),
}

impl SteadyClock {
    pub(crate) fn start() -> Self {
        Self::starting_at(system_ms())
    }

    fn starting_at(base_ms: u64) -> Self {
        let state = State { base_ms, last: Timestamp(base_ms), slowed_ms: 0 };
        Self { started: Instant::now(), state: Mutex::new(state) }
    }
}

impl State {
    /// The time when the system clock shows `system_ms`, `elapsed_ms` after the start.
    fn at(&mut self, system_ms: u64, elapsed_ms: u64) -> (Timestamp, Option<Correction>) {
        let time = self.base_ms.saturating_add(elapsed_ms);
        let mut correction = None;
        match system_ms.cmp(&time) {
            Ordering::Greater => {
                let jump = system_ms - time;
                self.base_ms += jump;
                self.slowed_ms = elapsed_ms;
                correction = (jump > MAX_CLOCK_CORRECTION_MS).then_some(Correction::Forward(jump));
            }
            Ordering::Equal => self.slowed_ms = elapsed_ms,
            Ordering::Less => {
                let ahead = time - system_ms;
                if ahead > MAX_CLOCK_CORRECTION_MS {
                    self.base_ms = self.base_ms.saturating_sub(ahead);
                    self.last = Timestamp(0);
                    self.slowed_ms = elapsed_ms;
                    correction = Some(Correction::Back(ahead));
                } else {
                    let periods = elapsed_ms.saturating_sub(self.slowed_ms) / SLOW_PERIOD_MS;
                    self.slowed_ms += periods * SLOW_PERIOD_MS;
                    self.base_ms = self.base_ms.saturating_sub(periods.min(ahead));
                }
            }
        }
        self.last = self.last.max(Timestamp(self.base_ms).plus(elapsed_ms));
        (self.last, correction)
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        let (now, correction) = {
            let mut state = self.state.lock();
            let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
            state.at(system_ms(), elapsed)
        };
        match correction {
            None => {}
            Some(Correction::Forward(by)) => tracing::warn!(
                by = ?Duration::from_millis(by),
                "the system clock jumped ahead: it was set, or the machine slept; time follows it"
            ),
            Some(Correction::Back(by)) => tracing::warn!(
                by = ?Duration::from_millis(by),
                "the system clock was set back; time follows it, and times recorded before are too late"
            ),
        }
        now
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

    const DAY: u64 = 86_400_000;

    #[test]
    fn the_clock_follows_the_system_forward_and_small_corrections_slowly() {
        let clock = SteadyClock::starting_at(1_000);
        let mut state = clock.state.lock();
        assert_eq!(state.at(1_010, 10), (Timestamp(1_010), None));
        assert_eq!(state.at(980, 20), (Timestamp(1_020), None), "set back: it runs slower");
        assert_eq!(state.at(990, 30), (Timestamp(1_029), None));
        let mut last = 0;
        for elapsed in 31..1_000 {
            let (now, correction) = state.at(960 + elapsed, elapsed);
            assert!(now.0 >= last && correction.is_none(), "times never decrease");
            last = now.0;
        }
        assert_eq!(last, 960 + 999, "they agree again");
        let slept = DAY + 2_000;
        assert_eq!(
            state.at(slept, 1_000),
            (Timestamp(slept), Some(Correction::Forward(slept - 1_960)))
        );
    }

    #[test]
    fn a_clock_that_was_a_day_ahead_comes_back() {
        let clock = SteadyClock::starting_at(1_000);
        let mut state = clock.state.lock();
        let ahead = state.at(1_010 + DAY, 10);
        assert_eq!(ahead, (Timestamp(1_010 + DAY), Some(Correction::Forward(DAY))));
        assert_eq!(state.at(1_020, 20), (Timestamp(1_020), Some(Correction::Back(DAY))));
        assert_eq!(state.at(1_030, 30), (Timestamp(1_030), None));
    }
}
