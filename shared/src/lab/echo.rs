//! The echo: raw messages, without a session and without the protocol of [`crate::frames`].

/// The path of the echo.
pub const ECHO_PATH: &str = "/ws";
/// The prefix of every text that the echo returns.
pub const ECHO_PREFIX: &str = "Echo: ";
/// The query parameter of [`ECHO_PATH`] that leaves [`ECHO_PREFIX`] out.
pub const ECHO_PLAIN: &str = "plain";
/// Bytes in one message to the echo; a longer one ends the connection with code 1009.
pub const MAX_ECHO_MESSAGE_BYTES: usize = 64 * 1024;
/// The same limit without the prefix, for tests of WebSocket programs: the largest message of the Autobahn
/// test suite.
pub const MAX_PLAIN_ECHO_MESSAGE_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of all large messages (above 64 KiB) that the echo holds at once. A connection that exceeds it is
/// closed with code 1013 (try again later).
pub const ECHO_ROOM_BYTES: usize = 8 * MAX_PLAIN_ECHO_MESSAGE_BYTES;
/// Echo connections at once from all clients; the next is refused with status 503.
pub const MAX_ECHO_CONNECTIONS: usize = 256;
