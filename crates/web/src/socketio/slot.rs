//! A slot of the gateway, taken by one client.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::waiting_bytes::WaitingBytes;

/// A client's slot. It is free again when the engine has dropped the client.
pub(super) struct Slot {
    /// Cancelled to disconnect the client.
    pub(super) closed: CancellationToken,
    /// The bytes that wait for the client.
    pub(super) outbound: Arc<WaitingBytes>,
    /// The bytes of its events that wait for the store.
    pub(super) inbound: Arc<WaitingBytes>,
    pub(super) _permit: OwnedSemaphorePermit,
}
