//! The gateway's limits.

use std::time::Duration;

/// Limit for connected clients; further ones are refused with status 503.
pub(super) const MAX_CLIENTS: usize = 1_024;
/// Limit for the packets that wait for one client. The events of one step of the hub, in every vocabulary, fit. A
/// client that exceeds the limit is disconnected, and can reconnect from its positions.
pub(super) const MAX_WAITING_PACKETS: usize = 512;
/// Limit for one packet of a client, in bytes: the longest text, with room for its envelope.
pub(super) const MAX_PACKET_BYTES: usize = 32 * 1024;
/// Limit for one POST request of a polling client, in bytes: a few packets.
pub(super) const MAX_POST_BYTES: u64 = 2 * MAX_PACKET_BYTES as u64;
/// The time in which a client must confirm a message.
pub(super) const RECEIPT_TIMEOUT: Duration = Duration::from_secs(5);
