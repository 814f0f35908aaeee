//! How much one connection may ask, as a token bucket whose time is given to it.

use madang_shared::Timestamp;

/// A bucket of tokens that fills at a steady rate.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    /// Thousandths of a token, so that a millisecond adds a whole number of them.
    level: u64,
    capacity: u64,
    per_second: u64,
    filled_at: Timestamp,
}

impl Bucket {
    /// A full bucket: `burst` tokens at once, `per_second` in the long run.
    pub fn new(burst: u32, per_second: u32, now: Timestamp) -> Self {
        let capacity = u64::from(burst) * 1_000;
        Self { level: capacity, capacity, per_second: u64::from(per_second), filled_at: now }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// How long until there is one, in milliseconds.
    pub fn take(&mut self, now: Timestamp) -> Result<(), u64> {
        let gained = now.since(self.filled_at).saturating_mul(self.per_second);
        self.level = self.level.saturating_add(gained).min(self.capacity);
        self.filled_at = self.filled_at.max(now);
        match self.level.checked_sub(1_000) {
            Some(rest) => {
                self.level = rest;
                Ok(())
            }
            None => Err((1_000 - self.level).div_ceil(self.per_second.max(1))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_then_the_rate_holds() {
        let start = Timestamp(1_000_000);
        let mut bucket = Bucket::new(3, 10, start);
        assert_eq!([bucket.take(start), bucket.take(start), bucket.take(start)], [Ok(()); 3]);
        assert_eq!(bucket.take(start), Err(100));
        assert_eq!(bucket.take(start.plus(99)), Err(1));
        assert_eq!(bucket.take(start.plus(100)), Ok(()));
        assert_eq!(bucket.take(Timestamp(0)), Err(100), "a clock that goes back gives nothing");
    }
}
