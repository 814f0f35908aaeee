//! The bytes that wait for one client or from one client, and the ceiling for those of all clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The ceiling that all clients share.
#[derive(Debug)]
pub(super) struct SharedCeiling {
    per_client: usize,
    for_all: usize,
    bytes: AtomicUsize,
    clients: AtomicUsize,
}

impl SharedCeiling {
    /// A ceiling of `for_all` bytes, of which one client may hold `per_client`.
    pub(super) fn new(per_client: usize, for_all: usize) -> Arc<Self> {
        Arc::new(Self {
            per_client,
            for_all,
            bytes: AtomicUsize::new(0),
            clients: AtomicUsize::new(0),
        })
    }

    /// The limit of one client. Once all together reach the ceiling, it is an equal share of the ceiling: clients that
    /// do not read cannot take the room of those that do, and the sum stays below twice the ceiling.
    fn limit(&self, more: usize) -> usize {
        if self.bytes.load(Ordering::Relaxed).saturating_add(more) <= self.for_all {
            return self.per_client;
        }
        let clients = self.clients.load(Ordering::Relaxed).max(1);
        self.per_client.min(self.for_all / clients)
    }
}

/// The waiting bytes of one client. Dropping it releases them.
#[derive(Debug)]
pub(super) struct WaitingBytes {
    shared: Arc<SharedCeiling>,
    bytes: AtomicUsize,
}

impl WaitingBytes {
    pub(super) fn new(shared: &Arc<SharedCeiling>) -> Self {
        shared.clients.fetch_add(1, Ordering::Relaxed);
        Self { shared: Arc::clone(shared), bytes: AtomicUsize::new(0) }
    }

    /// Whether no bytes are waiting.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) == 0
    }

    /// Counts bytes as waiting. Returns false, and counts nothing, above the limit. The counters guard no other
    /// memory, so relaxed ordering is enough.
    pub(super) fn reserve(&self, more: usize) -> bool {
        let limit = self.shared.limit(more);
        let reserved = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bytes| {
            bytes.checked_add(more).filter(|bytes| *bytes <= limit)
        });
        if reserved.is_ok() {
            self.shared.bytes.fetch_add(more, Ordering::Relaxed);
        }
        reserved.is_ok()
    }

    /// Counts bytes as gone. More than are waiting count as all: the count leaves out heads of frames, pings and
    /// brackets, which are gone too.
    pub(super) fn release(&self, bytes: usize) {
        let released = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
            Some(waiting.saturating_sub(bytes))
        });
        if let Ok(before) = released {
            self.shared.bytes.fetch_sub(before.min(bytes), Ordering::Relaxed);
        }
    }
}

impl Drop for WaitingBytes {
    fn drop(&mut self) {
        self.release(usize::MAX);
        self.shared.clients.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Bytes that are waiting until this is dropped.
#[derive(Debug)]
pub(super) struct HeldBytes {
    waiting: Arc<WaitingBytes>,
    bytes: usize,
}

impl HeldBytes {
    /// Counts bytes as waiting; none above the limit.
    pub(super) fn reserve(waiting: &Arc<WaitingBytes>, bytes: usize) -> Option<Self> {
        waiting.reserve(bytes).then(|| Self::of_reserved(waiting, bytes))
    }

    /// Takes over bytes that are counted already.
    pub(super) fn of_reserved(waiting: &Arc<WaitingBytes>, bytes: usize) -> Self {
        Self { waiting: Arc::clone(waiting), bytes }
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.waiting.release(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_is_limited_and_released_bytes_are_free_again() {
        let shared = SharedCeiling::new(10, 100);
        let waiting = WaitingBytes::new(&shared);
        assert!(waiting.reserve(6) && !waiting.reserve(5) && waiting.reserve(4));
        waiting.release(7);
        assert!(!waiting.reserve(8) && waiting.reserve(7));
        waiting.release(1_000);
        assert_eq!(shared.bytes.load(Ordering::Relaxed), 0);
        assert!(waiting.reserve(10));
        drop(waiting);
        assert_eq!(shared.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn at_the_ceiling_each_client_has_an_equal_share() {
        let shared = SharedCeiling::new(10, 20);
        let full: Vec<_> = (0..2).map(|_| WaitingBytes::new(&shared)).collect();
        assert!(full.iter().all(|waiting| waiting.reserve(10)));
        let others: Vec<_> = (0..2).map(|_| WaitingBytes::new(&shared)).collect();
        for waiting in &others {
            assert!(waiting.reserve(5), "a fair share");
            assert!(!waiting.reserve(1), "more than a fair share");
        }
        assert!(!full[0].reserve(1));
        drop(full);
        assert!(others[0].reserve(5), "below the ceiling again");
    }

    #[test]
    fn held_bytes_are_released_when_they_are_dropped() {
        let shared = SharedCeiling::new(10, 20);
        let waiting = Arc::new(WaitingBytes::new(&shared));
        let held = HeldBytes::reserve(&waiting, 10);
        assert!(held.is_some() && HeldBytes::reserve(&waiting, 1).is_none());
        drop(held);
        assert!(HeldBytes::reserve(&waiting, 10).is_some());
    }
}
