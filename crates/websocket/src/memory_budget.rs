//! Memory for large messages, shared by many connections, so that all of them together are bounded
//! where each alone may be large.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::ProtocolError;

/// Bytes of a message that a connection may hold without asking.
pub const FREE_BYTES: usize = 64 * 1024;

/// So many bytes for all messages larger than [`FREE_BYTES`] that are under way.
#[derive(Debug)]
pub struct MemoryBudget(AtomicUsize);

impl MemoryBudget {
    /// Room for so many bytes.
    pub fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(bytes)))
    }

    /// Bytes that nobody holds.
    pub fn left(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// What one connection holds of it. Dropping it gives that back.
#[derive(Debug, Default)]
pub(crate) struct Share {
    room: Option<Arc<MemoryBudget>>,
    held: usize,
}

impl Share {
    pub(crate) fn of(room: Option<Arc<MemoryBudget>>) -> Self {
        Self { room, held: 0 }
    }

    /// Holds so many bytes in all.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), ProtocolError> {
        let Some(room) = self.room.as_ref().filter(|_| bytes > FREE_BYTES) else { return Ok(()) };
        let more = bytes.saturating_sub(self.held);
        // Nothing but the number is shared, so no order with other memory matters.
        let taken = room
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(more));
        taken.map_err(|_| ProtocolError::NoRoom)?;
        self.held += more;
        Ok(())
    }

    pub(crate) fn release(&mut self) {
        let held = std::mem::take(&mut self.held);
        if let Some(room) = self.room.as_ref().filter(|_| held > 0) {
            room.0.fetch_add(held, Ordering::Relaxed);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.release();
    }
}
