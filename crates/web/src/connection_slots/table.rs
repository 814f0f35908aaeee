//! The table of slots: a structure without locks, without notifications and without a clock of its own.

use std::collections::HashMap;
use std::time::Duration;

use madang_hub::budgets::network::Network;
use madang_shared::UserId;
use tokio::time::Instant;

use super::evictable::EvictableSlots;
use super::grace::GraceSlots;
use super::peer::{Counts, Peer};

/// Evictable connections at once. Each may hold an unfinished request of 16 KB, so this bounds their memory to 64 MB. It
/// does not bound the connections of signed-in users.
pub const MAX_EVICTABLE_CONNECTIONS: usize = 4_096;
/// Protected connections of one user: ten tabs, each with a WebSocket and a few connections for requests. Further ones
/// are evictable.
pub const MAX_PROTECTED_PER_USER: usize = 64;
/// The grace of a new connection, and again of its first request. It suffices for one round trip to the other side of
/// the world and for a slow machine at both ends. With a longer one, a flood could delay new
/// connections for longer, because each evictable slot serves one connection in this time.
pub const GRACE: Duration = Duration::from_millis(500);
/// The interval at which a request begins a grace again. It bounds the share of its time that a connection is in grace,
/// so that small requests do not extend the grace for ever.
pub const GRACE_INTERVAL: Duration = Duration::from_secs(5);
/// Connections of one network in their grace: ten tabs, each with a few connections. With more, a flood from one address
/// would delay the connections of others, instead of evicting its own.
const MAX_GRACE_PER_NETWORK: usize = 64;

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
    grace_per_network: usize,
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
            grace_per_network: (capacity / 8).clamp(1, MAX_GRACE_PER_NETWORK),
        }
    }
}

/// The time at which the table has a slot for a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vacancy {
    /// A slot is free, or another connection can give way.
    Now,
    /// All evictable slots are in their grace; the first one ends then.
    At(Instant),
}

/// All slots. `T` is the table's reference to the connection of an evictable slot. A slot is in its grace, evictable, or
/// protected.
#[derive(Debug)]
pub(super) struct SlotTable<T> {
    limits: SlotLimits,
    next_number: u64,
    in_grace: GraceSlots<T>,
    evictable: EvictableSlots<T>,
    protected: HashMap<u64, UserId>,
    protected_by_user: Counts<UserId>,
    protected_by_network: Counts<Network>,
    /// Slots that were evicted and whose connection has not ended yet.
    closing: usize,
}

impl<T> SlotTable<T> {
    pub(super) fn new(limits: SlotLimits) -> Self {
        Self {
            limits,
            next_number: 0,
            in_grace: GraceSlots::new(limits.grace_per_network),
            evictable: EvictableSlots::default(),
            protected: HashMap::new(),
            protected_by_user: Counts::default(),
            protected_by_network: Counts::default(),
            closing: 0,
        }
    }

    /// Whether a new slot requires an eviction.
    pub(super) fn is_full(&self) -> bool {
        let unprotected = self.in_grace.len() + self.evictable.len();
        unprotected >= self.limits.evictable
            || unprotected + self.protected.len() >= self.limits.open
    }

    /// The number of evicted connections that have not ended yet.
    pub(super) fn closing(&self) -> usize {
        self.closing
    }

    /// The time at which there is a slot for a new connection.
    pub(super) fn vacancy(&mut self, now: Instant) -> Vacancy {
        self.end_graces(now);
        match self.in_grace.first_end() {
            Some(end) if self.is_full() && self.evictable.len() == 0 => Vacancy::At(end),
            // With protected slots alone, no wait is of use.
            _ => Vacancy::Now,
        }
    }

    /// The number of a new slot. A larger number is a younger slot.
    pub(super) fn next_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Adds a slot, in its grace if its network has not too many of those.
    pub(super) fn insert(&mut self, number: u64, peer: Peer, now: Instant, slot: T) {
        if self.in_grace.admits(peer) {
            self.in_grace.insert(number, peer.network, now + GRACE, slot);
        } else {
            self.evictable.insert(number, peer.network, slot);
        }
    }

    /// Evicts the oldest evictable slot of the network that holds the most; without evictable slots, the oldest one in its
    /// grace.
    pub(super) fn evict(&mut self, now: Instant) -> Option<T> {
        self.end_graces(now);
        let evictable = self.evictable.pop();
        let evicted = evictable.or_else(|| self.in_grace.pop().map(|(_, _, slot)| slot));
        self.closing += usize::from(evicted.is_some());
        evicted
    }

    /// Protects a slot. Returns whether it is protected.
    pub(super) fn protect(&mut self, number: u64, peer: Peer, user: UserId) -> bool {
        let of_user = self.protected_by_user.get(&user);
        let of_network = self.protected_by_network.get(&peer.network);
        let is_allowed = self.protected.len() < self.limits.protected
            && of_user < self.limits.protected_per_user
            && (peer.is_proxy || of_network < self.limits.protected_per_network);
        if !is_allowed || self.remove_unprotected(number, peer.network).is_none() {
            return false;
        }
        self.protected.insert(number, user);
        self.protected_by_user.increment(user);
        self.protected_by_network.increment(peer.network);
        true
    }

    /// Ends the protection of a slot, and makes it the youngest evictable one. Returns its new number; none if it was not
    /// protected.
    pub(super) fn unprotect(&mut self, number: u64, network: Network, slot: T) -> Option<u64> {
        self.remove_protected(number, network).then(|| {
            let number = self.next_number();
            self.evictable.insert(number, network, slot);
            number
        })
    }

    /// Makes an unprotected slot the youngest one, and begins a grace. Returns its new number; none if it was evicted.
    pub(super) fn begin_grace(&mut self, number: u64, peer: Peer, now: Instant) -> Option<u64> {
        let slot = self.remove_unprotected(number, peer.network)?;
        let number = self.next_number();
        self.insert(number, peer, now, slot);
        Some(number)
    }

    /// Makes an evictable slot the youngest one. Returns its new number; none if it is in its grace, or was evicted.
    pub(super) fn renew(&mut self, number: u64, network: Network) -> Option<u64> {
        let slot = self.evictable.remove(number, network)?;
        let number = self.next_number();
        self.evictable.insert(number, network, slot);
        Some(number)
    }

    /// Removes the slot of a connection that has ended.
    pub(super) fn remove(&mut self, number: u64, network: Network) {
        if self.remove_unprotected(number, network).is_none()
            && !self.remove_protected(number, network)
        {
            self.closing -= 1;
        }
    }

    /// Makes the slots evictable whose grace has ended.
    fn end_graces(&mut self, now: Instant) {
        while self.in_grace.first_end().is_some_and(|end| end <= now) {
            let Some((number, network, slot)) = self.in_grace.pop() else { return };
            self.evictable.insert(number, network, slot);
        }
    }

    fn remove_unprotected(&mut self, number: u64, network: Network) -> Option<T> {
        self.in_grace.remove(number).or_else(|| self.evictable.remove(number, network))
    }

    fn remove_protected(&mut self, number: u64, network: Network) -> bool {
        let Some(user) = self.protected.remove(&number) else { return false };
        self.protected_by_user.decrement(&user);
        self.protected_by_network.decrement(&network);
        true
    }
}
