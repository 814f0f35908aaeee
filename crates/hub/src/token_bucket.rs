//! A token bucket for rate limits. Time is an argument, so that sessions and tests choose it. (The
//! `governor` package does the same with a clock of its own.)

use madang_shared::Timestamp;

/// A bucket of tokens that refills at a steady rate.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    /// The content in fractions of a token, so that a millisecond adds a whole number of fractions.
    level: u64,
    /// The capacity of the bucket, in the same fractions.
    capacity: u64,
    fractions_per_token: u64,
    fractions_per_milli: u64,
    updated_at: Timestamp,
}

impl TokenBucket {
    /// A full bucket: `burst` tokens at once, `per_second` in the long run.
    pub fn new(burst: u32, per_second: u32, now: Timestamp) -> Self {
        Self::refilled(burst, per_second, 1_000, now)
    }

    /// A full bucket: `burst` tokens at once, `per_hour` in the long run.
    pub fn hourly(burst: u32, per_hour: u32, now: Timestamp) -> Self {
        Self::refilled(burst, per_hour, 3_600_000, now)
    }

    /// A full bucket that gains `tokens` in every `millis` milliseconds.
    fn refilled(burst: u32, tokens: u32, millis: u64, now: Timestamp) -> Self {
        let capacity = u64::from(burst) * millis;
        Self {
            level: capacity,
            capacity,
            fractions_per_token: millis,
            fractions_per_milli: u64::from(tokens),
            updated_at: now,
        }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// The milliseconds until the next token, if the bucket is empty.
    pub fn take(&mut self, now: Timestamp) -> Result<(), u64> {
        self.level = self.level_at(now);
        // Also if the clock was ahead: the bucket would not refill until the old time comes again.
        self.updated_at = now;
        if let Some(rest) = self.level.checked_sub(self.fractions_per_token) {
            self.level = rest;
            Ok(())
        } else {
            let missing = self.fractions_per_token - self.level;
            Err(missing.div_ceil(self.fractions_per_milli.max(1)))
        }
    }

    /// Whether the bucket is full. A full bucket equals a new one, so it need not be stored.
    pub fn is_full(&self, now: Timestamp) -> bool {
        self.level_at(now) == self.capacity
    }

    fn level_at(&self, now: Timestamp) -> u64 {
        let gained = now.since(self.updated_at).saturating_mul(self.fractions_per_milli);
        self.level.saturating_add(gained).min(self.capacity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_burst_passes_and_then_the_rate_limit_applies() {
        let start = Timestamp(1_000_000);
        let mut bucket = TokenBucket::new(3, 10, start);
        assert_eq!([bucket.take(start), bucket.take(start), bucket.take(start)], [Ok(()); 3]);
        assert_eq!(bucket.take(start), Err(100));
        assert_eq!(bucket.take(start.plus(99)), Err(1));
        assert_eq!(bucket.take(start.plus(100)), Ok(()));
        assert_eq!(bucket.take(Timestamp(0)), Err(100), "a clock that goes back adds no token");
        assert_eq!(bucket.take(Timestamp(100)), Ok(()), "and the bucket refills");
    }

    #[test]
    fn an_hourly_bucket_refills_at_a_steady_rate() {
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
