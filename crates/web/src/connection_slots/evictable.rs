//! Evictable slots, ordered by their network and age.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use madang_hub::budgets::network::Network;

/// The number of a network's slots, and the oldest one, which no other network has.
type Rank = (usize, Reverse<u64>);

/// Evictable slots by network, each network's by age.
#[derive(Debug)]
pub(super) struct EvictableSlots<T> {
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
    /// The number of slots.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Adds a slot.
    pub(super) fn insert(&mut self, number: u64, network: Network, slot: T) {
        self.change(network, |slots| slots.insert(number, slot));
        self.count += 1;
    }

    /// Removes a slot, if it is one of these.
    pub(super) fn remove(&mut self, number: u64, network: Network) -> Option<T> {
        if !self.by_network.get(&network)?.contains_key(&number) {
            return None;
        }
        self.count -= 1;
        self.change(network, |slots| slots.remove(&number))
    }

    /// Removes the oldest slot of the network that holds the most.
    pub(super) fn pop(&mut self) -> Option<T> {
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
