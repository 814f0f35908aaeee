//! What is remembered of one source: how often it failed, and from when on it may be opened again.
//! Outlives the watchers: a ban is not over because a page was closed.

use std::time::Duration;

use tokio::time::Instant;

use crate::pace::after;
use crate::{Pace, SourceError};

/// What is remembered of one source.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    failures: u32,
    answering_since: Option<Instant>,
    held_until: Option<Instant>,
    trouble: Option<SourceError>,
}

impl Standing {
    /// It has given a reading.
    pub(crate) fn answered(&mut self, now: Instant) {
        self.answering_since.get_or_insert(now);
        self.trouble = None;
    }

    /// It was closed, because nobody watches or a better one serves. Not its fault.
    pub(crate) fn closed(&mut self) {
        self.answering_since = None;
    }

    /// It has failed: holds it back with full jitter, `min(max, min + rand(0 ..= min · 2^failures))`,
    /// so that many servers do not come back together; and in any case as long as it asked for.
    pub(crate) fn failed(&mut self, now: Instant, error: &SourceError, pace: &Pace, random: u64) {
        let served = self.answering_since.take().map(|since| now.saturating_duration_since(since));
        if served.is_some_and(|served| served >= pace.steady_after) {
            self.failures = 0;
        }
        let hold =
            asked_for(error, pace).unwrap_or_default().saturating_add(self.jittered(pace, random));
        self.failures = self.failures.saturating_add(1);
        self.held_until = Some(after(now, hold));
        self.trouble = Some(error.clone());
    }

    /// From when on it may be opened.
    pub(crate) fn due(&self, now: Instant) -> Instant {
        self.held_until.map_or(now, |until| until.max(now))
    }

    /// Why it failed, if it has not answered since.
    pub(crate) fn trouble(&self) -> Option<&SourceError> {
        self.trouble.as_ref()
    }

    fn jittered(&self, pace: &Pace, random: u64) -> Duration {
        let doubled = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let ceiling = pace.hold_min.saturating_mul(doubled).min(pace.hold_max);
        let ceiling_ms = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX - 1);
        let jitter = Duration::from_millis(random % ceiling_ms.saturating_add(1));
        pace.hold_min.saturating_add(jitter).min(pace.hold_max)
    }
}

/// How long the exchange wants to be left alone, if that is what it says.
fn asked_for(error: &SourceError, pace: &Pace) -> Option<Duration> {
    let (retry_after, otherwise) = match error {
        SourceError::Limited { retry_after } => (retry_after, pace.limited_hold),
        SourceError::Banned { retry_after } => (retry_after, pace.banned_hold),
        _ => return None,
    };
    Some(retry_after.unwrap_or(otherwise).min(pace.longest_hold))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn held(error: &SourceError, failures: u32, random: u64) -> Duration {
        let now = Instant::now();
        let mut standing = Standing { failures, ..Standing::default() };
        standing.failed(now, error, &Pace::default(), random);
        standing.due(now) - now
    }

    #[test]
    fn waits_grow_with_failures_and_stay_within_their_bounds() {
        for failures in 0..200 {
            for random in [0, 1, 999, 60_000, u64::MAX] {
                let held = held(&SourceError::TimedOut, failures, random);
                assert!((SECOND..=60 * SECOND).contains(&held), "{failures} {random} {held:?}");
            }
        }
        assert_eq!(held(&SourceError::TimedOut, 0, 500), Duration::from_millis(1_500));
        assert_eq!(held(&SourceError::TimedOut, 3, 7_000), 8 * SECOND);
    }

    #[test]
    fn a_named_time_is_the_least_and_an_absurd_one_is_not_believed() {
        let limited = |secs| SourceError::Limited { retry_after: Some(Duration::from_secs(secs)) };
        assert_eq!(held(&limited(600), 0, 0), 601 * SECOND);
        assert_eq!(held(&limited(0), 0, 0), SECOND);
        assert_eq!(held(&limited(u64::MAX), 0, 0), 3 * 24 * 3_600 * SECOND + SECOND);
        assert_eq!(held(&SourceError::Limited { retry_after: None }, 0, 0), 61 * SECOND);
        assert_eq!(held(&SourceError::Banned { retry_after: None }, 0, 0), 121 * SECOND);
    }

    #[test]
    fn only_a_source_that_served_for_a_while_starts_over() {
        let start = Instant::now();
        let mut standing = Standing { failures: 5, ..Standing::default() };
        standing.answered(start);
        standing.failed(start + SECOND, &SourceError::Closed, &Pace::default(), 0);
        assert_eq!(standing.failures, 6);
        standing.answered(start + 2 * SECOND);
        standing.failed(start + 62 * SECOND, &SourceError::Closed, &Pace::default(), 0);
        assert_eq!(standing.failures, 1);
    }
}
