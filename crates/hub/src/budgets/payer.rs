//! One user or network: the levels of its budget, and the memory for its answers.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use madang_shared::limits::MAX_RATE_LIMIT_KEYS;
use madang_shared::{Timestamp, UserId};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::network::Network;
use super::rate::Level;
use super::resource::{BudgetRates, PayerKind, RESOURCES, Resource};

/// Limit for the unwritten answers to the clients of one user, in bytes.
pub const MAX_WAITING_BYTES_PER_USER: usize = 2 * 1024 * 1024;
/// Limit for the unwritten answers to the clients of one network, in bytes.
pub const MAX_WAITING_BYTES_PER_NETWORK: usize = 16 * 1024 * 1024;
/// The bytes that one permit of a semaphore stands for.
const WAITING_UNIT_BYTES: usize = 1024;

pub(super) fn permits(bytes: usize) -> usize {
    bytes.div_ceil(WAITING_UNIT_BYTES)
}

/// One user or network.
#[derive(Debug)]
pub(super) struct Payer {
    kind: PayerKind,
    levels: Mutex<[Level; RESOURCES]>,
    waiting: Arc<Semaphore>,
}

impl Payer {
    fn new(kind: PayerKind, rates: &BudgetRates) -> Self {
        let bytes = match kind {
            PayerKind::User => MAX_WAITING_BYTES_PER_USER,
            _ => MAX_WAITING_BYTES_PER_NETWORK,
        };
        Self {
            kind,
            levels: Mutex::new(Resource::ALL.map(|it| Level::full(rates.rate(kind, it)))),
            waiting: Arc::new(Semaphore::new(permits(bytes))),
        }
    }

    pub(super) fn kind(&self) -> PayerKind {
        self.kind
    }

    /// Runs a function with the level of a resource.
    pub(super) fn with_level<T>(
        &self,
        resource: Resource,
        change: impl FnOnce(&mut Level) -> T,
    ) -> Option<T> {
        self.levels.lock().get_mut(resource.index()).map(change)
    }

    /// The memory for unwritten answers, in permits of [`WAITING_UNIT_BYTES`].
    pub(super) fn waiting(&self) -> &Arc<Semaphore> {
        &self.waiting
    }

    fn is_idle(&self, rates: &BudgetRates, now: Timestamp) -> bool {
        let mut levels = self.levels.lock();
        Resource::ALL
            .into_iter()
            .zip(levels.iter_mut())
            .all(|(resource, level)| level.is_full(rates.rate(self.kind, resource), now))
    }
}

/// A key of a table of payers.
pub(super) trait PayerKey: Copy + Eq + Hash {
    /// The kind of payer that the key names in a table of `kind`.
    fn kind(self, kind: PayerKind) -> PayerKind;
}

impl PayerKey for UserId {
    fn kind(self, kind: PayerKind) -> PayerKind {
        kind
    }
}

impl PayerKey for Network {
    fn kind(self, kind: PayerKind) -> PayerKind {
        match kind {
            PayerKind::Network if self.is_site() => PayerKind::NetworkSite,
            PayerKind::Stranger if self.is_site() => PayerKind::StrangerSite,
            kind => kind,
        }
    }
}

/// The payers of one kind. Memory is bounded: a payer whose levels are full equals a new one, so it is dropped when
/// the space is needed and no account holds it. Keys that find the table full share one payer.
#[derive(Debug)]
pub(super) struct PayerTable<K> {
    kind: PayerKind,
    payers: HashMap<K, Arc<Payer>>,
    overflow: Option<Arc<Payer>>,
    swept_at: Timestamp,
}

/// The shortest time between two sweeps of a full table, in milliseconds, so that a flood of new keys does not
/// cause a sweep for each of them.
const SWEEP_INTERVAL_MS: u64 = 1_000;

impl<K: PayerKey> PayerTable<K> {
    pub(super) fn new(kind: PayerKind) -> Self {
        Self { kind, payers: HashMap::new(), overflow: None, swept_at: Timestamp(0) }
    }

    /// The payer of a key.
    pub(super) fn payer(&mut self, key: K, rates: &BudgetRates, now: Timestamp) -> Arc<Payer> {
        if let Some(payer) = self.payers.get(&key) {
            return Arc::clone(payer);
        }
        if self.payers.len() >= MAX_RATE_LIMIT_KEYS {
            self.sweep(rates, now);
        }
        let new = || Arc::new(Payer::new(key.kind(self.kind), rates));
        if self.payers.len() < MAX_RATE_LIMIT_KEYS {
            return Arc::clone(self.payers.entry(key).or_insert_with(new));
        }
        Arc::clone(self.overflow.get_or_insert_with(new))
    }

    fn sweep(&mut self, rates: &BudgetRates, now: Timestamp) {
        if now.since(self.swept_at) >= SWEEP_INTERVAL_MS {
            self.swept_at = now;
            self.retain_busy(rates, now);
        }
    }

    /// Drops the idle payers that no account holds, and the space of the table that they leave.
    pub(super) fn forget_idle(&mut self, rates: &BudgetRates, now: Timestamp) {
        self.retain_busy(rates, now);
        if self.payers.len() < self.payers.capacity() / 4 {
            self.payers.shrink_to(2 * self.payers.len());
        }
    }

    fn retain_busy(&mut self, rates: &BudgetRates, now: Timestamp) {
        self.payers.retain(|_, payer| Arc::strong_count(payer) > 1 || !payer.is_idle(rates, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    #[test]
    fn idle_payers_are_forgotten_with_their_space() {
        let rates = BudgetRates::default();
        let mut table = PayerTable::new(PayerKind::User);
        let held = table.payer(UserId(0), &rates, START);
        let spent = table.payer(UserId(1), &rates, START);
        spent.with_level(Resource::NewRooms, |level| level.spend(rates.user.new_rooms, 1, START));
        drop(spent);
        for user in 2..10_000 {
            table.payer(UserId(user), &rates, START);
        }
        table.forget_idle(&rates, START);
        assert_eq!(table.payers.len(), 2, "one that an account holds, and one that has spent");
        assert!(table.payers.capacity() < 100, "{}", table.payers.capacity());
        assert!(Arc::ptr_eq(&held, &table.payer(UserId(0), &rates, START)));
    }

    #[test]
    fn memory_is_bounded_and_idle_payers_are_dropped() {
        let rates = BudgetRates::default();
        let mut table = PayerTable::new(PayerKind::User);
        let held = table.payer(UserId(0), &rates, START);
        for user in 1..MAX_RATE_LIMIT_KEYS as u64 {
            let payer = table.payer(UserId(user), &rates, START);
            payer
                .with_level(Resource::Commands, |level| level.spend(rates.user.commands, 1, START));
        }
        let [late, later] = [1, 2].map(|more| table.payer(UserId(u64::MAX - more), &rates, START));
        assert!(Arc::ptr_eq(&late, &later), "keys beyond the limit share one payer");
        assert_eq!(table.payers.len(), MAX_RATE_LIMIT_KEYS);
        let after = START.plus(SWEEP_INTERVAL_MS);
        table.payer(UserId(u64::MAX), &rates, after);
        assert_eq!(table.payers.len(), 2, "idle payers make room, one that an account holds stays");
        assert!(Arc::ptr_eq(&held, &table.payer(UserId(0), &rates, after)));
    }
}
