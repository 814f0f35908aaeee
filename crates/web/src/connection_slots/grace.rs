//! Slots in their grace: they are evicted only if there is no other slot.

use std::collections::BTreeMap;

use madang_hub::budgets::network::Network;
use tokio::time::Instant;

use super::peer::{Counts, Peer};

/// Slots in their grace, by number. All graces are equally long, so the order of the numbers is the order of their ends.
#[derive(Debug)]
pub(super) struct GraceSlots<T> {
    slots: BTreeMap<u64, GraceSlot<T>>,
    by_network: Counts<Network>,
    max_per_network: usize,
}

#[derive(Debug)]
struct GraceSlot<T> {
    end: Instant,
    network: Network,
    slot: T,
}

impl<T> GraceSlots<T> {
    /// No slots. A network has at most `max_per_network` of them.
    pub(super) fn new(max_per_network: usize) -> Self {
        Self { slots: BTreeMap::new(), by_network: Counts::default(), max_per_network }
    }

    /// The number of slots.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether a connection of this peer can have a grace. The connections of a proxy are those of many networks.
    pub(super) fn admits(&self, peer: Peer) -> bool {
        peer.is_proxy || self.by_network.get(&peer.network) < self.max_per_network
    }

    /// Adds a slot, which has a larger number and a later end than the others.
    pub(super) fn insert(&mut self, number: u64, network: Network, end: Instant, slot: T) {
        self.slots.insert(number, GraceSlot { end, network, slot });
        self.by_network.increment(network);
    }

    /// Removes a slot, if it is one of these.
    pub(super) fn remove(&mut self, number: u64) -> Option<T> {
        let GraceSlot { network, slot, .. } = self.slots.remove(&number)?;
        self.by_network.decrement(&network);
        Some(slot)
    }

    /// The end of the earliest grace.
    pub(super) fn first_end(&self) -> Option<Instant> {
        self.slots.first_key_value().map(|(_, slot)| slot.end)
    }

    /// Removes the slot whose grace ends first.
    pub(super) fn pop(&mut self) -> Option<(u64, Network, T)> {
        let (number, GraceSlot { network, slot, .. }) = self.slots.pop_first()?;
        self.by_network.decrement(&network);
        Some((number, network, slot))
    }
}
