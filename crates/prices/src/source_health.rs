//! The health of a source: its failures, and the time of the next attempt. It outlives the
//! watchers: a ban does not end because a page was closed.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::SourceError;
use crate::timing::{Timing, after};

/// The health of a source.
#[derive(Debug, Default)]
pub(crate) struct SourceHealth {
    failures: u32,
    answering_since: Option<Instant>,
    retry_at: Option<Instant>,
    last_error: Option<SourceError>,
}

impl SourceHealth {
    /// The source delivered a reading.
    pub(crate) fn on_reading(&mut self, now: Instant) {
        self.answering_since.get_or_insert(now);
        self.last_error = None;
    }

    /// The follower closed the source, for lack of watchers or because a preferred source serves.
    /// This is no failure.
    pub(crate) fn closed(&mut self) {
        self.answering_since = None;
    }

    /// The source failed. The wait has full jitter, `min(max, min + rand(0 ..= min · 2^failures))`,
    /// so that many servers do not return together, and is at least as long as the source
    /// requested.
    pub(crate) fn on_error(
        &mut self,
        now: Instant,
        error: &SourceError,
        timing: &Timing,
        random: u64,
    ) {
        let served = self.answering_since.take().map(|since| now.saturating_duration_since(since));
        if served.is_some_and(|served| served >= timing.steady_after) {
            self.failures = 0;
        }
        let wait = requested_wait(error, timing)
            .unwrap_or_default()
            .saturating_add(self.jittered(timing, random));
        self.failures = self.failures.saturating_add(1);
        self.retry_at = Some(after(now, wait));
        self.last_error = Some(error.clone());
    }

    /// When the source may be opened again.
    pub(crate) fn due(&self, now: Instant) -> Instant {
        self.retry_at.map_or(now, |until| until.max(now))
    }

    /// The last error, if the source has not answered since.
    pub(crate) fn last_error(&self) -> Option<&SourceError> {
        self.last_error.as_ref()
    }

    fn jittered(&self, timing: &Timing, random: u64) -> Duration {
        let doubled = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let ceiling = timing.retry_min.saturating_mul(doubled).min(timing.retry_max);
        let ceiling_ms = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX - 1);
        let jitter = Duration::from_millis(random % ceiling_ms.saturating_add(1));
        timing.retry_min.saturating_add(jitter).min(timing.retry_max)
    }
}

/// The wait that the exchange requests, or that its ban implies.
fn requested_wait(error: &SourceError, timing: &Timing) -> Option<Duration> {
    let (retry_after, otherwise) = match error {
        SourceError::Limited { retry_after } => (retry_after, timing.limited_wait),
        SourceError::Banned { retry_after } => (retry_after, timing.banned_wait),
        _ => return None,
    };
    Some(retry_after.unwrap_or(otherwise).min(timing.max_retry_after))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn wait_after(error: &SourceError, failures: u32, random: u64) -> Duration {
        let now = Instant::now();
        let mut health = SourceHealth { failures, ..SourceHealth::default() };
        health.on_error(now, error, &Timing::default(), random);
        health.due(now) - now
    }

    #[test]
    fn waits_grow_with_failures_and_stay_within_their_bounds() {
        for failures in 0..200 {
            for random in [0, 1, 999, 60_000, u64::MAX] {
                let wait = wait_after(&SourceError::TimedOut, failures, random);
                assert!((SECOND..=60 * SECOND).contains(&wait), "{failures} {random} {wait:?}");
            }
        }
        assert_eq!(wait_after(&SourceError::TimedOut, 0, 500), Duration::from_millis(1_500));
        assert_eq!(wait_after(&SourceError::TimedOut, 3, 7_000), 8 * SECOND);
    }

    #[test]
    fn a_requested_wait_is_a_minimum_and_an_absurd_one_is_capped() {
        let limited = |secs| SourceError::Limited { retry_after: Some(Duration::from_secs(secs)) };
        assert_eq!(wait_after(&limited(600), 0, 0), 601 * SECOND);
        assert_eq!(wait_after(&limited(0), 0, 0), SECOND);
        assert_eq!(wait_after(&limited(u64::MAX), 0, 0), 3 * 24 * 3_600 * SECOND + SECOND);
        assert_eq!(wait_after(&SourceError::Limited { retry_after: None }, 0, 0), 61 * SECOND);
        assert_eq!(wait_after(&SourceError::Banned { retry_after: None }, 0, 0), 121 * SECOND);
    }

    #[test]
    fn failures_are_forgotten_only_after_a_source_served_for_a_while() {
        let start = Instant::now();
        let mut health = SourceHealth { failures: 5, ..SourceHealth::default() };
        health.on_reading(start);
        health.on_error(start + SECOND, &SourceError::Closed, &Timing::default(), 0);
        assert_eq!(health.failures, 6);
        health.on_reading(start + 2 * SECOND);
        health.on_error(start + 62 * SECOND, &SourceError::Closed, &Timing::default(), 0);
        assert_eq!(health.failures, 1);
    }
}
