//! A memory budget for large messages that many connections share: each message may be large, and
//! all of them together stay bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::ProtocolError;

/// A message may hold this many bytes without a share of the budget.
pub const UNBUDGETED_BYTES: usize = 64 * 1024;

/// The bytes that all messages larger than [`UNBUDGETED_BYTES`] together may hold.
#[derive(Debug)]
pub struct MemoryBudget(AtomicUsize);

impl MemoryBudget {
    /// A budget of this many bytes.
    pub fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(bytes)))
    }

    /// Bytes that no message holds.
    pub fn available(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// The share that one connection holds. Dropping it returns the bytes.
#[derive(Debug, Default)]
pub(crate) struct BudgetShare {
    budget: Option<Arc<MemoryBudget>>,
    held_bytes: usize,
}

impl BudgetShare {
    pub(crate) fn new(budget: Option<Arc<MemoryBudget>>) -> Self {
        Self { budget, held_bytes: 0 }
    }

    /// Raises the share to `bytes` in total.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), ProtocolError> {
        let Some(budget) = self.budget.as_ref().filter(|_| bytes > UNBUDGETED_BYTES) else {
            return Ok(());
        };
        let more = bytes.saturating_sub(self.held_bytes);
        // The counter guards no other memory, so relaxed ordering is enough.
        let reserved = budget.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |available| {
            available.checked_sub(more)
        });
        reserved.map_err(|_| ProtocolError::NoRoom)?;
        self.held_bytes += more;
        Ok(())
    }

    pub(crate) fn release(&mut self) {
        let held_bytes = std::mem::take(&mut self.held_bytes);
        if let Some(budget) = self.budget.as_ref().filter(|_| held_bytes > 0) {
            budget.0.fetch_add(held_bytes, Ordering::Relaxed);
        }
    }
}

impl Drop for BudgetShare {
    fn drop(&mut self) {
        self.release();
    }
}
