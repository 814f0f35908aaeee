//! How much one user, and one address, may ask over HTTP: what a session is for a connection, but for
//! requests that come one by one. Memory is bounded: whoever has asked nothing for a while is
//! forgotten, because a full bucket is like a new one.

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

use crate::client_info::ClientAddress;
use crate::problem::Problem;

/// What is left to whom.
pub struct RateLimiter {
    sign_ups_per_hour: u32,
    sign_ups: Buckets<Network>,
    commands_from: Buckets<Network>,
    commands_of: Buckets<UserId>,
}

impl Default for RateLimiter {
    fn default() -> Self {
        Self::new(SIGN_UPS_PER_HOUR)
    }
}

impl RateLimiter {
    /// With so many sign-ups from each address within an hour.
    pub fn new(sign_ups_per_hour: u32) -> Self {
        Self {
            sign_ups_per_hour,
            sign_ups: Buckets::default(),
            commands_from: Buckets::default(),
            commands_of: Buckets::default(),
        }
    }

    /// Somebody wants to sign up.
    ///
    /// # Errors
    /// `rate_limited`, with how long to wait.
    pub fn sign_up(
        &self,
        ClientAddress(from): ClientAddress,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let burst = self.sign_ups_per_hour;
        let taken = self.sign_ups.take(from.into(), now, || TokenBucket::hourly(burst, burst, now));
        taken.map_err(|wait| too_much("Too many have signed up from your address just now.", wait))
    }

    /// An address commands, whoever it is.
    ///
    /// # Errors
    /// `rate_limited`, with how long to wait.
    pub fn command_from(
        &self,
        ClientAddress(from): ClientAddress,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let bucket = || TokenBucket::new(ADDRESS_COMMAND_BURST, ADDRESS_COMMANDS_PER_SECOND, now);
        let taken = self.commands_from.take(from.into(), now, bucket);
        taken.map_err(|wait| too_much("Too much at once from your address; wait a moment.", wait))
    }

    /// A user commands, from wherever.
    ///
    /// # Errors
    /// `rate_limited`, with how long to wait.
    pub fn command_of(&self, user: UserId, now: Timestamp) -> Result<(), Problem> {
        let bucket = || TokenBucket::new(COMMAND_BURST, COMMANDS_PER_SECOND, now);
        let taken = self.commands_of.take(user, now, bucket);
        taken.map_err(|wait| too_much("Too much at once; wait a moment.", wait))
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Allowances")
            .field("sign_ups_per_hour", &self.sign_ups_per_hour)
            .finish_non_exhaustive()
    }
}

fn too_much(sentence: &'static str, wait: u64) -> Problem {
    Problem(Failure::new(ErrorCode::RateLimited, sentence).after(wait))
}

/// An address as far as one holder of addresses has it: all of IPv4's, and of IPv6's the first 64 bits,
/// for the others its holder chooses.
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

/// A bucket for each key that has asked lately.
struct Buckets<K>(Mutex<Remembered<K>>);

struct Remembered<K> {
    buckets: HashMap<K, TokenBucket>,
    /// Shared by those for whom there is no room.
    others: Option<TokenBucket>,
    swept_at: Timestamp,
}

/// Nobody is looked for to be forgotten more often than this, in milliseconds: a flood of new keys
/// must not make each of them cost a walk through all.
const SWEEP_EVERY_MS: u64 = 1_000;

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        let (buckets, others) = (HashMap::new(), None);
        Self(Mutex::new(Remembered { buckets, others, swept_at: Timestamp(0) }))
    }
}

impl<K: Eq + Hash> Buckets<K> {
    fn take(&self, key: K, now: Timestamp, full: impl Fn() -> TokenBucket) -> Result<(), u64> {
        let remembered = &mut *self.0.lock();
        if let Some(bucket) = remembered.buckets.get_mut(&key) {
            return bucket.take(now);
        }
        if remembered.buckets.len() >= MAX_RATE_LIMIT_KEYS {
            remembered.sweep(now);
        }
        if remembered.buckets.len() < MAX_RATE_LIMIT_KEYS {
            return remembered.buckets.entry(key).or_insert_with(full).take(now);
        }
        remembered.others.get_or_insert_with(full).take(now)
    }
}

impl<K> Remembered<K> {
    fn sweep(&mut self, now: Timestamp) {
        if now.since(self.swept_at) >= SWEEP_EVERY_MS {
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
    fn each_address_and_each_user_has_its_own_and_loopback_too() {
        let rate_limiter = RateLimiter::new(2);
        let sign_up = |from: &str| rate_limiter.sign_up(address(from), START).is_ok();
        assert_eq!(["127.0.0.1"; 3].map(sign_up), [true, true, false]);
        assert_eq!(["2001:db8::1", "2001:db8::2", "2001:db8::3"].map(sign_up), [true, true, false]);
        assert!(sign_up("2001:db8:0:1::1"), "another network");
        let refused = rate_limiter.sign_up(address("127.0.0.1"), START).unwrap_err().0;
        assert_eq!((refused.code, refused.retry_after), (ErrorCode::RateLimited, Some(1_800_000)));

        let spent =
            |user| (0..1_000).find(|_| rate_limiter.command_of(UserId(user), START).is_err());
        assert_eq!(
            (spent(1), spent(2)),
            (Some(COMMAND_BURST as usize), Some(COMMAND_BURST as usize))
        );
        let many = (0..1_000).find(|_| rate_limiter.command_from(address("::1"), START).is_err());
        assert_eq!(many, Some(ADDRESS_COMMAND_BURST as usize));
    }

    #[test]
    fn memory_is_bounded_and_those_who_rest_are_forgotten() {
        let buckets = Buckets::default();
        let full = || TokenBucket::new(2, 1, START);
        for key in 0..MAX_RATE_LIMIT_KEYS {
            assert_eq!(buckets.take(key, START, full), Ok(()));
        }
        let len = |buckets: &Buckets<usize>| buckets.0.lock().buckets.len();
        let late: Vec<_> =
            (0..3).map(|more| buckets.take(usize::MAX - more, START, full)).collect();
        assert_eq!(late, [Ok(()), Ok(()), Err(1_000)], "the late ones share one");
        assert_eq!(len(&buckets), MAX_RATE_LIMIT_KEYS);
        assert_eq!(buckets.take(usize::MAX, START.plus(1_000), full), Ok(()));
        assert_eq!(len(&buckets), 1, "there is room again, and only for those who need it");
    }
}
