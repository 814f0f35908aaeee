//! The limits of the protocol, enforced on both sides. The limits of a feature are in its module.
//! Numbers without another source are decisions of this project.

use crate::chat::MAX_MESSAGE_CHARS;

/// The protocol with its version and its encoding. A client names it in the query parameter
/// [`PROTOCOL_PARAMETER`] of the socket's address, or in `Sec-WebSocket-Protocol`.
pub const SUBPROTOCOL: &str = "madang.v2.json";
/// The prefix of every version's subprotocol. It tells an old client from one of another protocol.
pub const SUBPROTOCOL_FAMILY: &str = "madang.v";
/// The path of the socket.
pub const SOCKET_PATH: &str = "/api/socket";
/// The query parameter of [`SOCKET_PATH`] that names [`SUBPROTOCOL`]. Some proxies drop the header.
pub const PROTOCOL_PARAMETER: &str = "protocol";

/// Bytes in one WebSocket message from the server. The largest is a page of the longest messages.
pub const MAX_FRAME_BYTES: usize = 1024 * 1024;
/// Bytes of JSON that one character of a text may need: two escapes of a UTF-16 code unit.
pub const MAX_CHAR_BYTES: usize = 12;
/// Bytes in one message from a client: the longest text in its longest encoding, with room for its
/// envelope.
pub const MAX_CLIENT_FRAME_BYTES: usize = 64 * 1024;
const _: () = assert!(MAX_CHAR_BYTES * MAX_MESSAGE_CHARS + 4_096 <= MAX_CLIENT_FRAME_BYTES);
/// Topics that one connection may hold at once.
pub const MAX_TOPICS: usize = 512;
/// Commands of one connection that wait for the store; more are refused as `rate_limited`.
pub const MAX_QUEUED_COMMANDS: usize = 64;
/// Commands and signals that one user may send in a burst, in all connections together.
pub const COMMAND_BURST: u32 = 100;
/// Commands and signals that one user may send per second, on average.
pub const COMMANDS_PER_SECOND: u32 = 50;
/// Users, networks and strangers with budgets of their own; more of a kind share one.
pub const MAX_RATE_LIMIT_KEYS: usize = 100_000;
/// Undecodable frames before a connection is closed with `Abuse`; the count falls by one each minute.
pub const MAX_BAD_FRAMES: u32 = 20;

/// A client that missed more events than this gets a snapshot instead: it is smaller, and older messages
/// load on scrolling.
pub const MAX_RECOVERED_EVENTS: u64 = 1_000;

/// The interval between the server's pings, in milliseconds.
pub const PING_INTERVAL_MS: u64 = 25_000;
/// The time to answer a ping with a pong, in milliseconds.
pub const PONG_TIMEOUT_MS: u64 = 8_000;
/// The silence after which a client disconnects, in milliseconds.
pub const SILENCE_TIMEOUT_MS: u64 = PING_INTERVAL_MS + 10_000;
/// The time from the connection to the hello, in milliseconds.
pub const HELLO_TIMEOUT_MS: u64 = 10_000;

/// The shortest wait before a reconnect, in milliseconds.
pub const BACKOFF_MIN_MS: u64 = 500;
/// The longest wait before a reconnect, in milliseconds.
pub const BACKOFF_MAX_MS: u64 = 20_000;
