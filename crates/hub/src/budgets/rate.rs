//! A rate limit, and the level of one bucket under it. Time is an argument, so that sessions and tests choose it.
//! (The `governor` package does the same with a clock of its own, and without debts.)

use madang_shared::Timestamp;
use madang_shared::ids::MAX_CLOCK_CORRECTION_MS;

const SECOND_MS: u64 = 1_000;
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 86_400_000;

/// A rate limit: `burst` units at once, and `amount` units per period in the long run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Units at once; at least 1.
    pub burst: u64,
    /// Units per period; at least 1.
    pub amount: u64,
    /// The period in milliseconds.
    pub period_ms: u64,
}

impl Rate {
    /// A rate per second.
    pub const fn per_second(burst: u64, amount: u64) -> Self {
        Self { burst, amount, period_ms: SECOND_MS }
    }

    /// A rate per hour.
    pub const fn per_hour(burst: u64, amount: u64) -> Self {
        Self { burst, amount, period_ms: HOUR_MS }
    }

    /// A rate per day.
    pub const fn per_day(burst: u64, amount: u64) -> Self {
        Self { burst, amount, period_ms: DAY_MS }
    }

    /// The rate multiplied by a factor.
    #[must_use]
    pub fn times(self, factor: u64) -> Self {
        let burst = self.burst.saturating_mul(factor);
        Self { burst, amount: self.amount.saturating_mul(factor), ..self }
    }

    /// The content of a full bucket, in fractions of a unit: a millisecond adds a whole number of them.
    fn capacity(self) -> i64 {
        i64::try_from(self.burst.saturating_mul(self.period_ms)).unwrap_or(i64::MAX)
    }
}

/// The level of one bucket. It may be in debt, because the cost of an answer is known only after the answer.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    /// In fractions of a unit; see [`Rate::capacity`].
    fractions: i64,
    updated_at: Timestamp,
}

impl Level {
    /// A full bucket.
    pub fn full(rate: Rate) -> Self {
        Self { fractions: rate.capacity(), updated_at: Timestamp(0) }
    }

    /// Whether the bucket holds at least one unit.
    ///
    /// # Errors
    /// The milliseconds until it does.
    pub fn check(&mut self, rate: Rate, now: Timestamp) -> Result<(), u64> {
        self.refill(rate, now);
        let unit = i64::try_from(rate.period_ms).unwrap_or(i64::MAX);
        let missing = unit.saturating_sub(self.fractions);
        match u64::try_from(missing) {
            Ok(missing) if missing > 0 => Err(missing.div_ceil(rate.amount.max(1))),
            _ => Ok(()),
        }
    }

    /// Takes units. The debt never exceeds one burst, so that the longest wait is known.
    pub fn spend(&mut self, rate: Rate, units: u64, now: Timestamp) {
        self.refill(rate, now);
        let cost = i64::try_from(units.saturating_mul(rate.period_ms)).unwrap_or(i64::MAX);
        self.fractions = self.fractions.saturating_sub(cost).max(-rate.capacity());
    }

    /// Returns units.
    pub(super) fn refund(&mut self, rate: Rate, units: u64, now: Timestamp) {
        self.refill(rate, now);
        let returned = i64::try_from(units.saturating_mul(rate.period_ms)).unwrap_or(i64::MAX);
        self.fractions = self.fractions.saturating_add(returned).min(rate.capacity());
    }

    /// Whether the bucket is full. A full bucket equals a new one, so it need not be stored.
    pub(super) fn is_full(&mut self, rate: Rate, now: Timestamp) -> bool {
        self.refill(rate, now);
        self.fractions >= rate.capacity()
    }

    fn refill(&mut self, rate: Rate, now: Timestamp) {
        if self.updated_at.since(now) > MAX_CLOCK_CORRECTION_MS {
            // The clock was ahead and went back: the bucket would not refill until the old time comes again.
            self.updated_at = now;
        }
        let gained = now.since(self.updated_at).saturating_mul(rate.amount);
        let gained = i64::try_from(gained).unwrap_or(i64::MAX);
        self.fractions = self.fractions.saturating_add(gained).min(rate.capacity());
        self.updated_at = self.updated_at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    fn take(level: &mut Level, rate: Rate, now: Timestamp) -> Result<(), u64> {
        level.check(rate, now)?;
        level.spend(rate, 1, now);
        Ok(())
    }

    #[test]
    fn the_burst_passes_and_then_the_rate_applies() {
        let rate = Rate::per_second(3, 10);
        let mut level = Level::full(rate);
        assert_eq!([(); 3].map(|()| take(&mut level, rate, START)), [Ok(()); 3]);
        assert_eq!(take(&mut level, rate, START), Err(100));
        assert_eq!(take(&mut level, rate, START.plus(99)), Err(1));
        assert_eq!(take(&mut level, rate, START.plus(100)), Ok(()));
        assert_eq!(
            take(&mut level, rate, Timestamp(0)),
            Err(100),
            "a clock that goes back adds nothing"
        );
        assert_eq!(take(&mut level, rate, Timestamp(100)), Ok(()), "and the bucket refills");
        assert_eq!(take(&mut level, rate, Timestamp(99)), Err(100), "a late thread adds nothing");
        assert_eq!(take(&mut level, rate, Timestamp(199)), Err(1), "neither then nor later");
    }

    #[test]
    fn an_hourly_rate_refills_at_a_steady_rate() {
        let rate = Rate::per_hour(2, 60);
        let mut level = Level::full(rate);
        assert!(level.is_full(rate, START));
        assert_eq!([(); 2].map(|()| take(&mut level, rate, START)), [Ok(()); 2]);
        assert_eq!(take(&mut level, rate, START), Err(60_000));
        assert_eq!(take(&mut level, rate, START.plus(59_999)), Err(1));
        assert_eq!(take(&mut level, rate, START.plus(60_000)), Ok(()));
        assert!(
            !level.is_full(rate, START.plus(179_999)) && level.is_full(rate, START.plus(180_000))
        );
    }

    #[test]
    fn a_large_cost_is_paid_afterwards_and_the_debt_is_bounded() {
        let rate = Rate::per_second(1_000, 100);
        let mut level = Level::full(rate);
        level.spend(rate, 1_500, START);
        assert_eq!(level.check(rate, START), Err(5_010));
        level.spend(rate, u64::MAX, START);
        assert_eq!(level.check(rate, START), Err(10_010));
        assert_eq!(level.check(rate, START.plus(10_010)), Ok(()));
    }
}
