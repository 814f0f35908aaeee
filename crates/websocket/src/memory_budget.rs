//! Memory for large messages, shared by many connections, so that all of them together are bounded
//! where each alone may be large.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::ProtocolError;

/// Bytes of a message that a connection may hold without asking.
pub const UNBUDGETED_BYTES: usize = 64 * 1024;

/// So many bytes for all messages larger than [`UNBUDGETED_BYTES`] that are under way.
#[derive(Debug)]
pub struct MemoryBudget(AtomicUsize);

impl MemoryBudget {
    /// Room for so many bytes.
    pub fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(bytes)))
    }

    /// Bytes that nobody holds.
    pub fn available(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// What one connection holds of it. Dropping it gives that back.
#[derive(Debug, Default)]
pub(crate) struct BudgetShare {
    budget: Option<Arc<MemoryBudget>>,
    held_bytes: usize,
}

impl BudgetShare {
    pub(crate) fn new(budget: Option<Arc<MemoryBudget>>) -> Self {
        Self { budget, held_bytes: 0 }
    }

    /// Holds so many bytes in all.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), ProtocolError> {
        let Some(budget) = self.budget.as_ref().filter(|_| bytes > UNBUDGETED_BYTES) else {
            return Ok(());
        };
        let more = bytes.saturating_sub(self.held_bytes);
        // Nothing but the number is shared, so no order with other memory matters.
        let taken = budget.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |available| {
            available.checked_sub(more)
        });
        taken.map_err(|_| ProtocolError::NoRoom)?;
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
