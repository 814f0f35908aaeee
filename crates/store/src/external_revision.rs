//! The number of changes by other programs that an engine has found. Such a change may change rows without an event.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExternalRevision(Arc<AtomicU64>);

impl ExternalRevision {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn set(&self, revision: u64) {
        self.0.store(revision, Ordering::Release);
    }

    /// Counts a change.
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}
