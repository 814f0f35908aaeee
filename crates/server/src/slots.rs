//! A bounded set of connection slots. When it is full, the oldest slot is evicted, so that idle peers
//! cannot lock others out.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// Slots for connections whose peer has sent nothing valid yet. Honest peers need a slot for moments
/// only, so eviction hits the silent ones. Clones share the slots.
#[derive(Clone, Debug)]
pub(crate) struct EvictingSlots {
    capacity: usize,
    holders: Arc<Mutex<Holders>>,
}

#[derive(Debug, Default)]
struct Holders {
    next_number: u64,
    by_age: BTreeMap<u64, CancellationToken>,
}

/// A slot. Dropping it frees it.
#[derive(Debug)]
pub(crate) struct Slot {
    number: u64,
    eviction: CancellationToken,
    holders: Arc<Mutex<Holders>>,
}

impl EvictingSlots {
    /// A set of `capacity` free slots.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, holders: Arc::default() }
    }

    /// Takes a slot; if all are taken, evicts the oldest one.
    pub(crate) fn take(&self) -> Slot {
        let eviction = CancellationToken::new();
        let mut holders = self.holders.lock();
        let number = holders.next_number;
        holders.next_number += 1;
        if holders.by_age.len() >= self.capacity
            && let Some((_, oldest)) = holders.by_age.pop_first()
        {
            oldest.cancel();
        }
        holders.by_age.insert(number, eviction.clone());
        Slot { number, eviction, holders: Arc::clone(&self.holders) }
    }
}

impl Slot {
    /// Completes when the slot is evicted.
    pub(crate) async fn evicted(&self) {
        self.eviction.cancelled().await;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.holders.lock().by_age.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_set_evicts_its_oldest_slot() {
        let slots = EvictingSlots::new(2);
        let (first, second) = (slots.take(), slots.take());
        assert!(!first.eviction.is_cancelled());
        let third = slots.take();
        assert!(first.eviction.is_cancelled() && !second.eviction.is_cancelled());
        // An evicted slot is not freed a second time.
        drop(first);
        drop(third);
        let fourth = slots.take();
        assert!(!second.eviction.is_cancelled() && !fourth.eviction.is_cancelled());
        let fifth = slots.take();
        assert!(second.eviction.is_cancelled() && !fourth.eviction.is_cancelled());
        drop((second, fourth, fifth));
        assert!(slots.holders.lock().by_age.is_empty());
    }
}
