//! HTTP rate limits, per user and per address. Memory is bounded: a bucket that is full again equals a new one, so
//! it is dropped when the space is needed.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

use madang_hub::token_bucket::TokenBucket;
use madang_shared::limits::{
    ADDRESS_COMMAND_BURST, ADDRESS_COMMANDS_PER_SECOND, COMMAND_BURST, COMMANDS_PER_SECOND,
    MAX_RATE_LIMIT_KEYS,
};
use madang_shared::session::SIGN_UPS_PER_HOUR;
use madang_shared::{ErrorCode, Failure, Timestamp, UserId};
use parking_lot::Mutex;

use crate::http::client_info::ClientAddress;
use crate::http::problem::Problem;

/// HTTP rate limits, per user and per address.
pub struct RateLimiter {
    sign_ups_per_hour: u32,
    sign_ups_by_network: Buckets<Network>,
    commands_by_network: Buckets<Network>,
    commands_by_user: Buckets<UserId>,
}

impl Default for RateLimiter {
    fn default() -> Self {
        Self::new(SIGN_UPS_PER_HOUR)
    }
}

impl RateLimiter {
    /// Limits sign-ups to this number per address and hour.
    pub fn new(sign_ups_per_hour: u32) -> Self {
        Self {
            sign_ups_per_hour,
            sign_ups_by_network: Buckets::default(),
            commands_by_network: Buckets::default(),
            commands_by_user: Buckets::default(),
        }
    }

    /// Counts a sign-up.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait.
    pub fn check_sign_up(
        &self,
        ClientAddress(address): ClientAddress,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let burst = self.sign_ups_per_hour;
        let new_bucket = || TokenBucket::hourly(burst, burst, now);
        let taken = self.sign_ups_by_network.take(address.into(), now, new_bucket);
        taken.map_err(|wait| {
            rate_limited("Too many people have signed up from your address; try again later.", wait)
        })
    }

    /// Counts a command of an address, of any user.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait.
    pub fn check_address(
        &self,
        ClientAddress(address): ClientAddress,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let new_bucket =
            || TokenBucket::new(ADDRESS_COMMAND_BURST, ADDRESS_COMMANDS_PER_SECOND, now);
        let taken = self.commands_by_network.take(address.into(), now, new_bucket);
        taken.map_err(|wait| {
            rate_limited("Too many requests from your address; wait a moment and try again.", wait)
        })
    }

    /// Counts a command of a user, from any address.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait.
    pub fn check_user(&self, user: UserId, now: Timestamp) -> Result<(), Problem> {
        let new_bucket = || TokenBucket::new(COMMAND_BURST, COMMANDS_PER_SECOND, now);
        let taken = self.commands_by_user.take(user, now, new_bucket);
        taken.map_err(|wait| rate_limited("Too many requests; wait a moment and try again.", wait))
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("sign_ups_per_hour", &self.sign_ups_per_hour)
            .finish_non_exhaustive()
    }
}

fn rate_limited(sentence: &'static str, wait: u64) -> Problem {
    Problem(Failure::new(ErrorCode::RateLimited, sentence).after(wait))
}

/// The part of an address that its holder cannot choose: all of an IPv4 address, the first 64 bits of an IPv6
/// address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        })
    }
}

/// A token bucket for each key with recent requests.
struct Buckets<K>(Mutex<BucketTable<K>>);

struct BucketTable<K> {
    buckets: HashMap<K, TokenBucket>,
    /// Shared by all keys that find the table full.
    overflow: Option<TokenBucket>,
    swept_at: Timestamp,
}

/// The shortest time between two sweeps of a full table, in milliseconds, so that a flood of new keys does not
/// cause a sweep for each of them.
const SWEEP_INTERVAL_MS: u64 = 1_000;

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        let (buckets, overflow) = (HashMap::new(), None);
        Self(Mutex::new(BucketTable { buckets, overflow, swept_at: Timestamp(0) }))
    }
}

impl<K: Eq + Hash> Buckets<K> {
    fn take(
        &self,
        key: K,
        now: Timestamp,
        new_bucket: impl Fn() -> TokenBucket,
    ) -> Result<(), u64> {
        let table = &mut *self.0.lock();
        if let Some(bucket) = table.buckets.get_mut(&key) {
            return bucket.take(now);
        }
        if table.buckets.len() >= MAX_RATE_LIMIT_KEYS {
            table.sweep(now);
        }
        if table.buckets.len() < MAX_RATE_LIMIT_KEYS {
            return table.buckets.entry(key).or_insert_with(new_bucket).take(now);
        }
        table.overflow.get_or_insert_with(new_bucket).take(now)
    }
}

impl<K> BucketTable<K> {
    fn sweep(&mut self, now: Timestamp) {
        if now.since(self.swept_at) >= SWEEP_INTERVAL_MS {
            self.swept_at = now;
            self.buckets.retain(|_, bucket| !bucket.is_full(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    fn address(text: &str) -> ClientAddress {
        ClientAddress(text.parse().unwrap())
    }

    #[test]
    fn each_address_and_each_user_has_its_own_limit_and_loopback_too() {
        let rate_limiter = RateLimiter::new(2);
        let sign_up = |from: &str| rate_limiter.check_sign_up(address(from), START).is_ok();
        assert_eq!(["127.0.0.1"; 3].map(sign_up), [true, true, false]);
        assert_eq!(["2001:db8::1", "2001:db8::2", "2001:db8::3"].map(sign_up), [true, true, false]);
        assert!(sign_up("2001:db8:0:1::1"), "another network");
        let refused = rate_limiter.check_sign_up(address("127.0.0.1"), START).unwrap_err().0;
        assert_eq!((refused.code, refused.retry_after), (ErrorCode::RateLimited, Some(1_800_000)));

        let spent =
            |user| (0..1_000).find(|_| rate_limiter.check_user(UserId(user), START).is_err());
        assert_eq!(
            (spent(1), spent(2)),
            (Some(COMMAND_BURST as usize), Some(COMMAND_BURST as usize))
        );
        let many = (0..1_000).find(|_| rate_limiter.check_address(address("::1"), START).is_err());
        assert_eq!(many, Some(ADDRESS_COMMAND_BURST as usize));
    }

    #[test]
    fn memory_is_bounded_and_full_buckets_are_dropped() {
        let buckets = Buckets::default();
        let full = || TokenBucket::new(2, 1, START);
        for key in 0..MAX_RATE_LIMIT_KEYS {
            assert_eq!(buckets.take(key, START, full), Ok(()));
        }
        let len = |buckets: &Buckets<usize>| buckets.0.lock().buckets.len();
        let late: Vec<_> =
            (0..3).map(|more| buckets.take(usize::MAX - more, START, full)).collect();
        assert_eq!(late, [Ok(()), Ok(()), Err(1_000)], "keys beyond the limit share one bucket");
        assert_eq!(len(&buckets), MAX_RATE_LIMIT_KEYS);
        assert_eq!(buckets.take(usize::MAX, START.plus(1_000), full), Ok(()));
        assert_eq!(len(&buckets), 1, "full buckets make room for new keys");
    }
}
