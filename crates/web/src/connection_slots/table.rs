//! The table of slots: a structure without locks and without notifications.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use madang_hub::budgets::network::Network;
use madang_shared::UserId;

/// Evictable connections at once. Each may hold an unfinished request of 16 KB, so this bounds their memory to 64 MB. It
/// does not bound the connections of signed-in users.
pub const MAX_EVICTABLE_CONNECTIONS: usize = 4_096;
/// Protected connections of one user: ten tabs, each with a WebSocket and a few connections for requests. Further ones
/// are evictable.
pub const MAX_PROTECTED_PER_USER: usize = 64;

/// The limits of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlotLimits {
    open: usize,
    evictable: usize,
    /// A part of the slots is left for new connections, which have not shown a session yet.
    protected: usize,
    protected_per_user: usize,
    /// One network can have many users, and all of them together leave room for others.
    protected_per_network: usize,
}

impl SlotLimits {
    /// The limits for a number of slots.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            open: capacity,
            evictable: capacity.min(MAX_EVICTABLE_CONNECTIONS),
            protected: capacity - capacity / 8,
            protected_per_user: MAX_PROTECTED_PER_USER,
            protected_per_network: capacity.div_ceil(2),
        }
    }
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    pub(super) network: Network,
    /// A trusted proxy has the connections of many networks.
    pub(super) is_proxy: bool,
}

/// All slots. `T` is the table's reference to the connection of an evictable slot.
#[derive(Debug)]
pub(super) struct SlotTable<T> {
    limits: SlotLimits,
    next_number: u64,
    evictable: EvictableSlots<T>,
    protected: HashMap<u64, UserId>,
    protected_by_user: HashMap<UserId, usize>,
    protected_by_network: HashMap<Network, usize>,
    /// Slots that were evicted and whose connection has not ended yet.
    closing: usize,
}

impl<T> SlotTable<T> {
    pub(super) fn new(limits: SlotLimits) -> Self {
        Self {
            limits,
            next_number: 0,
            evictable: EvictableSlots::default(),
            protected: HashMap::new(),
            protected_by_user: HashMap::new(),
            protected_by_network: HashMap::new(),
            closing: 0,
        }
    }

    /// Whether a new slot requires an eviction.
    pub(super) fn is_full(&self) -> bool {
        self.evictable.count >= self.limits.evictable
            || self.evictable.count + self.protected.len() >= self.limits.open
    }

    /// The number of evicted connections that have not ended yet.
    pub(super) fn closing(&self) -> usize {
        self.closing
    }

    /// The number of a new slot. A larger number is a younger slot.
    pub(super) fn next_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Adds an evictable slot.
    pub(super) fn insert(&mut self, number: u64, network: Network, slot: T) {
        self.evictable.insert(number, network, slot);
    }

    /// Evicts the oldest evictable slot of the network that holds the most.
    pub(super) fn evict(&mut self) -> Option<T> {
        let evicted = self.evictable.pop();
        self.closing += usize::from(evicted.is_some());
        evicted
    }

    /// Protects an evictable slot. Returns whether it is protected.
    pub(super) fn protect(&mut self, number: u64, peer: Peer, user: UserId) -> bool {
        let of_user = self.protected_by_user.get(&user).copied().unwrap_or_default();
        let of_network = self.protected_by_network.get(&peer.network).copied().unwrap_or_default();
        let is_allowed = self.protected.len() < self.limits.protected
            && of_user < self.limits.protected_per_user
            && (peer.is_proxy || of_network < self.limits.protected_per_network);
        if !is_allowed || self.evictable.remove(number, peer.network).is_none() {
            return false;
        }
        self.protected.insert(number, user);
        *self.protected_by_user.entry(user).or_default() += 1;
        *self.protected_by_network.entry(peer.network).or_default() += 1;
        true
    }

    /// Makes a slot evictable and the youngest one. Returns its new number; none if it was evicted.
    pub(super) fn renew(&mut self, number: u64, network: Network, slot: T) -> Option<u64> {
        let is_open = self.remove_protected(number, network)
            || self.evictable.remove(number, network).is_some();
        is_open.then(|| {
            let number = self.next_number();
            self.insert(number, network, slot);
            number
        })
    }

    /// Removes the slot of a connection that has ended.
    pub(super) fn remove(&mut self, number: u64, network: Network) {
        if self.evictable.remove(number, network).is_none()
            && !self.remove_protected(number, network)
        {
            self.closing -= 1;
        }
    }

    fn remove_protected(&mut self, number: u64, network: Network) -> bool {
        let Some(user) = self.protected.remove(&number) else { return false };
        decrement(&mut self.protected_by_user, &user);
        decrement(&mut self.protected_by_network, &network);
        true
    }
}

/// The number of a network's slots, and the oldest one, which no other network has.
type Rank = (usize, Reverse<u64>);

/// Evictable slots by network, each network's by age.
#[derive(Debug)]
struct EvictableSlots<T> {
    count: usize,
    by_network: HashMap<Network, BTreeMap<u64, T>>,
    /// The networks by their number of slots, and then by the age of their oldest slot: the last one is evicted from.
    ranking: BTreeMap<Rank, Network>,
}

impl<T> Default for EvictableSlots<T> {
    fn default() -> Self {
        Self { count: 0, by_network: HashMap::new(), ranking: BTreeMap::new() }
    }
}

impl<T> EvictableSlots<T> {
    fn insert(&mut self, number: u64, network: Network, slot: T) {
        self.change(network, |slots| slots.insert(number, slot));
        self.count += 1;
    }

    fn remove(&mut self, number: u64, network: Network) -> Option<T> {
        if !self.by_network.get(&network)?.contains_key(&number) {
            return None;
        }
        self.count -= 1;
        self.change(network, |slots| slots.remove(&number))
    }

    fn pop(&mut self) -> Option<T> {
        let ((_, Reverse(oldest)), network) = self.ranking.last_key_value()?;
        let (oldest, network) = (*oldest, *network);
        self.remove(oldest, network)
    }

    /// Changes the slots of a network, and its place in the ranking.
    fn change<R>(
        &mut self,
        network: Network,
        change: impl FnOnce(&mut BTreeMap<u64, T>) -> R,
    ) -> R {
        let slots = self.by_network.entry(network).or_default();
        if let Some(rank) = rank(slots) {
            self.ranking.remove(&rank);
        }
        let result = change(slots);
        match rank(slots) {
            Some(rank) => {
                self.ranking.insert(rank, network);
            }
            None => {
                self.by_network.remove(&network);
            }
        }
        result
    }
}

fn rank<T>(slots: &BTreeMap<u64, T>) -> Option<Rank> {
    let (oldest, _) = slots.first_key_value()?;
    Some((slots.len(), Reverse(*oldest)))
}

fn decrement<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
