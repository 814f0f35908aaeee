//! The gateway's limits.

use std::time::Duration;

use madang_shared::chat::MAX_MESSAGE_CHARS;
use madang_shared::limits::MAX_CHAR_BYTES;
use madang_shared::session::MAX_USER_NAME_CHARS;

/// Limit for the events of one client that wait for the store. After an offline time, a client sends all the events of
/// that time at once.
pub(super) const MAX_QUEUED_EVENTS: usize = 1_024;
/// Limit for connected clients; further ones are refused with status 503.
pub(super) const MAX_CLIENTS: usize = 1_024;
/// Limit for the packets that wait for one client, besides that for their bytes. A client that exceeds it catches up
/// from the log.
pub(super) const MAX_WAITING_PACKETS: usize = 512;
/// Limit for the bytes that wait for one client. The largest message, in every vocabulary, has an eighth of it.
pub(super) const MAX_WAITING_BYTES: usize = 512 * 1024;
/// Ceiling for the bytes that wait for all clients.
pub(super) const MAX_ALL_WAITING_BYTES: usize = 24 * 1024 * 1024;
/// Limit for the bytes of one client's events that wait for the store.
pub(super) const MAX_INBOUND_BYTES: usize = 1024 * 1024;
/// Ceiling for the bytes of all clients' events that wait for the store.
pub(super) const MAX_ALL_INBOUND_BYTES: usize = 16 * 1024 * 1024;
/// Limit for the arguments of one event, in bytes. The longest legal value of `MAX_VALUE_BYTES`, with each byte as a
/// JSON escape of six, fits, and so does the longest text, with each character as two of them.
pub(super) const MAX_PACKET_BYTES: usize = 128 * 1024;
const _: () =
    assert!(MAX_CHAR_BYTES * (MAX_MESSAGE_CHARS + MAX_USER_NAME_CHARS) + 1_024 <= MAX_PACKET_BYTES);
/// Limit for a message that the gateway reads, in bytes: one frame, or one POST request of a polling client. An event
/// between [`MAX_PACKET_BYTES`] and this limit is refused with a sentence; beyond, the connection ends with one.
pub(super) const MAX_RECEIVED_BYTES: usize = 512 * 1024;
/// Limit for the messages above 64 KiB of all clients that are being read, in bytes.
pub(super) const MAX_ALL_RECEIVED_BYTES: usize = 16 * 1024 * 1024;
/// The engine's limit for one message or request, in bytes: one whose every byte [`super::packets`] escapes.
pub(super) const MAX_ENGINE_BYTES: usize = 2 * MAX_RECEIVED_BYTES + 4 * 1024;
/// The time in which a client must confirm a message.
pub(super) const RECEIPT_TIMEOUT: Duration = Duration::from_secs(5);
