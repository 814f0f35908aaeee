//! The echo: raw messages, without a session and without the protocol of [`crate::frames`].

/// Where the echo is: raw messages, no session, no protocol of ours.
pub const ECHO_PATH: &str = "/ws";
/// What the echo puts before a text that it says back.
pub const ECHO_PREFIX: &str = "Echo: ";
/// The query parameter of [`ECHO_PATH`] that leaves [`ECHO_PREFIX`] out.
pub const ECHO_PLAIN: &str = "plain";
/// Bytes in one message to the echo; a longer one ends the connection with code 1009.
pub const MAX_ECHO_MESSAGE_BYTES: usize = 64 * 1024;
/// The same without the prefix, where programs try out what a WebSocket can do: the largest message of the
/// Autobahn test suite.
pub const MAX_PLAIN_ECHO_MESSAGE_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of all large messages together (above 64 KiB) that the echo holds at a time; whoever sends one
/// more than there is room for is told to come back later, with code 1013.
pub const ECHO_ROOM_BYTES: usize = 8 * MAX_PLAIN_ECHO_MESSAGE_BYTES;
/// Echo connections at once, whoever makes them; the next is refused with status 503.
pub const MAX_ECHO_CONNECTIONS: usize = 256;
