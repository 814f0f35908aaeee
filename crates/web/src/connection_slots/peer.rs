//! The other end of a connection, and counts by it.

use std::collections::HashMap;
use std::hash::Hash;

use madang_hub::budgets::network::Network;

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    pub(super) network: Network,
    /// A trusted proxy has the connections of many networks.
    pub(super) is_proxy: bool,
}

/// A count for each key. Keys without a count take no memory.
#[derive(Debug)]
pub(super) struct Counts<K>(HashMap<K, usize>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> Counts<K> {
    /// The count of a key.
    pub(super) fn get(&self, key: &K) -> usize {
        self.0.get(key).copied().unwrap_or_default()
    }

    /// Adds one to a count.
    pub(super) fn increment(&mut self, key: K) {
        *self.0.entry(key).or_default() += 1;
    }

    /// Takes one from a count.
    pub(super) fn decrement(&mut self, key: &K) {
        if let Some(count) = self.0.get_mut(key) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(key);
            }
        }
    }
}
