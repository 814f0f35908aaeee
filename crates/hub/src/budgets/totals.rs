//! The parts of the budgets that all accounts share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::payer::permits;
use super::resource::{BudgetRates, RESOURCES, Resource};

/// Limit for the unwritten answers to all clients together, in bytes.
pub const MAX_WAITING_BYTES: usize = 64 * 1024 * 1024;

/// The rates, the memory for the answers to all clients, and the number of refusals.
#[derive(Debug)]
pub(super) struct Totals {
    pub(super) rates: Box<BudgetRates>,
    pub(super) waiting: Arc<Semaphore>,
    refusals: [AtomicU64; RESOURCES],
}

impl Totals {
    pub(super) fn new(rates: Box<BudgetRates>) -> Self {
        Self {
            rates,
            waiting: Arc::new(Semaphore::new(permits(MAX_WAITING_BYTES))),
            refusals: [const { AtomicU64::new(0) }; RESOURCES],
        }
    }

    pub(super) fn count_refusal(&self, resource: Resource) {
        if let Some(count) = self.refusals.get(resource.index()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn refusals(&self) -> impl Iterator<Item = (Resource, u64)> {
        let counts = self.refusals.iter().map(|count| count.load(Ordering::Relaxed));
        Resource::ALL.into_iter().zip(counts)
    }
}

/// The memory of the unwritten answers to all clients, of which a cache takes a part while it is free.
#[derive(Clone, Debug)]
pub(crate) struct CacheMemory(Option<Arc<Semaphore>>);

/// The memory that a cached value holds. Dropping it frees the memory.
#[derive(Debug)]
pub(crate) struct ReservedMemory {
    _permits: OwnedSemaphorePermit,
}

impl CacheMemory {
    pub(super) fn of(totals: &Totals) -> Self {
        Self(Some(Arc::clone(&totals.waiting)))
    }

    /// No memory at all, for a cache that keeps nothing.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Reserves memory without waiting; `None` if it is not free.
    pub(crate) fn reserve(&self, bytes: usize) -> Option<ReservedMemory> {
        let permits = u32::try_from(permits(bytes)).ok()?;
        let taken = Arc::clone(self.0.as_ref()?).try_acquire_many_owned(permits).ok()?;
        Some(ReservedMemory { _permits: taken })
    }
}
