//! A slot of the gateway, taken by one client.

use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

/// A client's slot. It is free again when the engine has dropped the client.
pub(super) struct Slot {
    /// Cancelled to disconnect the client.
    pub(super) closed: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

impl Slot {
    pub(super) fn new(closed: CancellationToken, permit: OwnedSemaphorePermit) -> Self {
        Self { closed, _permit: permit }
    }
}
