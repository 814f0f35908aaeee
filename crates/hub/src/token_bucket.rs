//! How much somebody may ask, as a token bucket whose time is given to it. (`governor` would do the
//! same with a clock of its own; here time is a parameter, so that sessions and tests choose it.)

use madang_shared::Timestamp;

/// A bucket of tokens that fills at a steady rate.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    /// Parts of a token, so that a millisecond adds a whole number of them.
    level: u64,
    capacity: u64,
    /// Of a token.
    parts: u64,
    per_milli: u64,
    filled_at: Timestamp,
}

impl TokenBucket {
    /// A full bucket: `burst` tokens at once, `per_second` in the long run.
    pub fn new(burst: u32, per_second: u32, now: Timestamp) -> Self {
        Self::filling(burst, per_second, 1_000, now)
    }

    /// A full bucket: `burst` tokens at once, `per_hour` in the long run.
    pub fn hourly(burst: u32, per_hour: u32, now: Timestamp) -> Self {
        Self::filling(burst, per_hour, 3_600_000, now)
    }

    /// With `tokens` more in every `millis` milliseconds.
    fn filling(burst: u32, tokens: u32, millis: u64, now: Timestamp) -> Self {
        let capacity = u64::from(burst) * millis;
        let per_milli = u64::from(tokens);
        Self { level: capacity, capacity, parts: millis, per_milli, filled_at: now }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// How long until there is one, in milliseconds.
    pub fn take(&mut self, now: Timestamp) -> Result<(), u64> {
        self.level = self.level_at(now);
        self.filled_at = self.filled_at.max(now);
        match self.level.checked_sub(self.parts) {
            Some(rest) => {
                self.level = rest;
                Ok(())
            }
            None => Err((self.parts - self.level).div_ceil(self.per_milli.max(1))),
        }
    }

    /// Whether it is as it was at first: whoever has such a bucket need not be remembered.
    pub fn is_full(&self, now: Timestamp) -> bool {
        self.level_at(now) == self.capacity
    }

    fn level_at(&self, now: Timestamp) -> u64 {
        let gained = now.since(self.filled_at).saturating_mul(self.per_milli);
        self.level.saturating_add(gained).min(self.capacity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_then_the_rate_holds() {
        let start = Timestamp(1_000_000);
        let mut bucket = TokenBucket::new(3, 10, start);
        assert_eq!([bucket.take(start), bucket.take(start), bucket.take(start)], [Ok(()); 3]);
        assert_eq!(bucket.take(start), Err(100));
        assert_eq!(bucket.take(start.plus(99)), Err(1));
        assert_eq!(bucket.take(start.plus(100)), Ok(()));
        assert_eq!(bucket.take(Timestamp(0)), Err(100), "a clock that goes back gives nothing");
    }
    #[test]
    fn an_hours_allowance_comes_back_evenly() {
        let start = Timestamp(1_000_000);
        let mut bucket = TokenBucket::hourly(2, 60, start);
        assert!(bucket.is_full(start));
        assert_eq!([bucket.take(start), bucket.take(start)], [Ok(()); 2]);
        assert_eq!(bucket.take(start), Err(60_000));
        assert_eq!(bucket.take(start.plus(59_999)), Err(1));
        assert_eq!(bucket.take(start.plus(60_000)), Ok(()));
        assert!(!bucket.is_full(start.plus(179_999)) && bucket.is_full(start.plus(180_000)));
    }
}
