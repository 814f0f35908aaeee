//! The throttle of sign-ins: guesses become slow, and nobody is locked out for long.
//!
//! Each wrong password makes the next attempt wait, up to a minute. The wait is counted for each pair of an account and
//! a source, and more generously for each account with all of its strange sources together. A source is a network, or
//! a device that has signed in before. Known sources do not wait for the account: strangers cannot lock its owner out.

use std::collections::HashMap;
use std::hash::Hash;

use madang_shared::{ErrorCode, Failure, Timestamp};
use parking_lot::Mutex;

use crate::budgets::network::Network;

/// Wrong attempts of one source at one account without a wait.
const FREE_OF_PAIR: u32 = 5;
/// Wrong attempts of all strange sources at one account without a wait.
const FREE_OF_ACCOUNT: u32 = 50;
/// The first wait, in milliseconds. Each further wrong attempt doubles it.
const FIRST_WAIT_MS: u64 = 1_000;
/// The longest wait, in milliseconds.
const MAX_WAIT_MS: u64 = 60_000;
/// Wrong attempts are forgotten after this time without one, in milliseconds.
const MEMORY_MS: u64 = 15 * 60_000;
/// Limit for the entries of a table; above it, the entry whose last attempt is the oldest goes.
const MAX_ENTRIES: usize = 50_000;

/// The account of an attempt: a hash of the key of its name, whether a user has that name or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThrottledAccount(pub u64);

/// The source of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignInSource {
    /// A network.
    Network(Network),
    /// A device that the account knows: a hash of its secret.
    Device([u8; 32]),
}

/// The origin of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptOrigin {
    /// The source.
    pub source: SignInSource,
    /// Whether the account has been used from this source before.
    pub is_known: bool,
}

/// The wrong attempts of one entry.
#[derive(Clone, Copy, Debug, Default)]
struct Wrong {
    count: u32,
    /// The last one.
    at: Timestamp,
}

impl Wrong {
    /// The milliseconds until the next attempt may be made; 0 for now.
    fn wait(self, free: u32, now: Timestamp) -> u64 {
        let Some(above) = self.count.checked_sub(free) else { return 0 };
        let wait = FIRST_WAIT_MS.checked_shl(above.min(16)).unwrap_or(MAX_WAIT_MS).min(MAX_WAIT_MS);
        if self.at.has_passed(wait, now) { 0 } else { wait - now.since(self.at) }
    }

    fn is_forgotten(self, now: Timestamp) -> bool {
        self.at.has_passed(MEMORY_MS, now)
    }
}

#[derive(Debug)]
struct Table<K>(HashMap<K, Wrong>);

impl<K: Copy + Eq + Hash> Table<K> {
    fn wait(&self, key: K, free: u32, now: Timestamp) -> u64 {
        self.0.get(&key).filter(|it| !it.is_forgotten(now)).map_or(0, |it| it.wait(free, now))
    }

    fn count(&mut self, key: K, now: Timestamp) {
        if self.0.len() >= MAX_ENTRIES && !self.0.contains_key(&key) {
            self.0.retain(|_, it| !it.is_forgotten(now));
            if self.0.len() >= MAX_ENTRIES
                && let Some(oldest) = self.0.iter().min_by_key(|(_, it)| it.at).map(|(key, _)| *key)
            {
                self.0.remove(&oldest);
            }
        }
        let entry = self.0.entry(key).or_default();
        if entry.is_forgotten(now) {
            entry.count = 0;
        }
        *entry = Wrong { count: entry.count.saturating_add(1), at: now };
    }

    fn uncount(&mut self, key: K) {
        if let Some(entry) = self.0.get_mut(&key) {
            entry.count = entry.count.saturating_sub(1);
        }
    }
}

/// The throttle of one node.
#[derive(Debug, Default)]
pub struct SignInThrottle {
    tables: Mutex<Tables>,
}

#[derive(Debug)]
struct Tables {
    pairs: Table<(ThrottledAccount, SignInSource)>,
    accounts: Table<ThrottledAccount>,
}

impl Default for Tables {
    fn default() -> Self {
        Self { pairs: Table(HashMap::new()), accounts: Table(HashMap::new()) }
    }
}

impl SignInThrottle {
    /// Begins an attempt. It counts as wrong until [`Self::succeeded`] is called, so that attempts at the same time
    /// are not free.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait.
    pub fn begin(
        &self,
        account: ThrottledAccount,
        origin: AttemptOrigin,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let Tables { pairs, accounts } = &mut *self.tables.lock();
        let pair = (account, origin.source);
        let of_account =
            if origin.is_known { 0 } else { accounts.wait(account, FREE_OF_ACCOUNT, now) };
        let wait = pairs.wait(pair, FREE_OF_PAIR, now).max(of_account);
        if wait > 0 {
            let seconds = wait.div_ceil(1_000);
            let message =
                format!("Too many wrong attempts to sign in; try again in {seconds} seconds.");
            return Err(Failure::new(ErrorCode::RateLimited, message).after(wait));
        }
        pairs.count(pair, now);
        if !origin.is_known {
            accounts.count(account, now);
        }
        Ok(())
    }

    /// The attempt was right: the earlier ones of its source are forgotten.
    pub fn succeeded(&self, account: ThrottledAccount, origin: AttemptOrigin) {
        let Tables { pairs, accounts } = &mut *self.tables.lock();
        pairs.0.remove(&(account, origin.source));
        if !origin.is_known {
            accounts.uncount(account);
        }
    }

    /// The attempt was not decided: no password was checked.
    pub fn withdraw(&self, account: ThrottledAccount, origin: AttemptOrigin) {
        let Tables { pairs, accounts } = &mut *self.tables.lock();
        pairs.uncount((account, origin.source));
        if !origin.is_known {
            accounts.uncount(account);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const START: Timestamp = Timestamp(1_000_000_000);
    const MINA: ThrottledAccount = ThrottledAccount(1);

    fn network(number: u8) -> AttemptOrigin {
        let address = IpAddr::from([203, 0, 113, number]);
        AttemptOrigin { source: SignInSource::Network(Network::of(address)), is_known: false }
    }

    fn known(number: u8) -> AttemptOrigin {
        AttemptOrigin { is_known: true, ..network(number) }
    }

    #[test]
    fn the_wait_of_a_source_grows_to_a_minute_and_is_forgotten() {
        let throttle = SignInThrottle::default();
        let mut now = START;
        for _ in 0..FREE_OF_PAIR {
            throttle.begin(MINA, network(1), now).unwrap();
        }
        let mut waits = Vec::new();
        for _ in 0..10 {
            let refused = throttle.begin(MINA, network(1), now).unwrap_err();
            assert_eq!(refused.code, ErrorCode::RateLimited);
            let wait = refused.retry_after.unwrap();
            waits.push(wait / 1_000);
            assert!(throttle.begin(MINA, network(1), now.plus(wait - 1)).is_err());
            now = now.plus(wait);
            throttle.begin(MINA, network(1), now).unwrap();
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        now = now.plus(MEMORY_MS);
        for _ in 0..FREE_OF_PAIR {
            throttle.begin(MINA, network(1), now).unwrap();
        }
    }

    #[test]
    fn a_thousand_wrong_passwords_lock_no_other_source_out() {
        let throttle = SignInThrottle::default();
        let mut tried = 0;
        for number in 0..1_000 {
            let now = START.plus(number * 10);
            tried += u32::from(throttle.begin(MINA, network(1), now).is_ok());
        }
        assert!(tried < 12, "{tried} of 1,000 were checked");
        let now = START.plus(10_000);
        throttle.begin(MINA, network(2), now).unwrap();
        throttle.begin(ThrottledAccount(2), network(1), now).unwrap();
    }

    #[test]
    fn many_networks_delay_each_other_and_not_what_the_account_knows() {
        let throttle = SignInThrottle::default();
        let mut tried = 0;
        for number in 0..=255 {
            for _ in 0..4 {
                tried += u32::from(throttle.begin(MINA, network(number), START).is_ok());
            }
        }
        assert_eq!(tried, FREE_OF_ACCOUNT);
        assert!(throttle.begin(MINA, network(200), START).is_err(), "a strange network waits");
        throttle.begin(MINA, known(201), START).unwrap();
        let device = AttemptOrigin { source: SignInSource::Device([1; 32]), is_known: true };
        throttle.begin(MINA, device, START).unwrap();
        throttle.begin(MINA, network(200), START.plus(MAX_WAIT_MS)).unwrap();
    }

    #[test]
    fn right_attempts_and_undecided_ones_are_not_counted() {
        let throttle = SignInThrottle::default();
        for _ in 0..1_000 {
            throttle.begin(MINA, network(1), START).unwrap();
            throttle.succeeded(MINA, network(1));
            throttle.begin(MINA, network(2), START).unwrap();
            throttle.withdraw(MINA, network(2));
        }
    }

    #[test]
    fn the_tables_are_bounded() {
        let throttle = SignInThrottle::default();
        for number in 0..MAX_ENTRIES as u64 + 10 {
            let now = START.plus(number);
            throttle.begin(ThrottledAccount(number), network(1), now).unwrap();
        }
        let tables = throttle.tables.lock();
        assert_eq!((tables.pairs.0.len(), tables.accounts.0.len()), (MAX_ENTRIES, MAX_ENTRIES));
    }
}
