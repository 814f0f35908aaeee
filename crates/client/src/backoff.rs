//! The wait before a reconnect.

use madang_shared::limits::{BACKOFF_MAX_MS, BACKOFF_MIN_MS};

/// The wait in milliseconds before reconnect number `attempt` (the first is 0), with full jitter:
/// `min(20 s, 500 ms + rand(0 ..= min(20 s, 500 ms · 2^attempt)))`. So the clients of a restarted
/// server reconnect at different times.
pub fn wait_ms(attempt: u32, random: u64) -> u64 {
    let doubled = 1_u64.checked_shl(attempt).unwrap_or(u64::MAX);
    let ceiling = BACKOFF_MIN_MS.saturating_mul(doubled).min(BACKOFF_MAX_MS);
    (BACKOFF_MIN_MS + random % (ceiling + 1)).min(BACKOFF_MAX_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_within_the_limits() {
        for attempt in 0..200 {
            for random in [0, 1, 499, 20_000, u64::MAX] {
                let wait = wait_ms(attempt, random);
                assert!(
                    (BACKOFF_MIN_MS..=BACKOFF_MAX_MS).contains(&wait),
                    "{attempt} {random} {wait}"
                );
            }
        }
        assert_eq!(wait_ms(0, 500), 1_000);
        assert_eq!(wait_ms(3, 4_000), 4_500);
    }
}
