//! The limits of the protocol itself, enforced on both sides. A feature's own limits stand in the
//! feature's module. Numbers without another source are decisions of this project.

/// The protocol, its version, its encoding. A client names it in the address of the socket, as the query
/// parameter [`PROTOCOL_PARAMETER`], or offers it in `Sec-WebSocket-Protocol`.
pub const SUBPROTOCOL: &str = "madang.v2.json";
/// What every version's subprotocol starts with; tells a stale client from a foreign one.
pub const SUBPROTOCOL_FAMILY: &str = "madang.v";
/// Where the socket is.
pub const SOCKET_PATH: &str = "/api/socket";
/// The query parameter of [`SOCKET_PATH`] that names [`SUBPROTOCOL`]. Some proxies drop the header.
pub const PROTOCOL_PARAMETER: &str = "protocol";

/// Bytes in one WebSocket message from the server. The largest is a page of the longest messages.
pub const MAX_FRAME_BYTES: usize = 1024 * 1024;
/// Bytes in one message from a client: the longest text, every byte of it escaped, with room for
/// its envelope.
pub const MAX_CLIENT_FRAME_BYTES: usize = 64 * 1024;
/// Topics that one connection may hold at once.
pub const MAX_TOPICS: usize = 512;
/// Commands of one connection that wait for the store; beyond it they are refused as `rate_limited`.
pub const MAX_QUEUED_COMMANDS: usize = 64;
/// Commands and signals that one connection may send in a burst.
pub const COMMAND_BURST: u32 = 100;
/// Commands and signals that one connection may send per second, in the long run.
pub const COMMANDS_PER_SECOND: u32 = 50;
/// Commands over HTTP that come from one address in a burst, whoever gives them: many people can share
/// one. A user's own are limited as those of a connection are.
pub const ADDRESS_COMMAND_BURST: u32 = 500;
/// Commands over HTTP that come from one address per second, in the long run.
pub const ADDRESS_COMMANDS_PER_SECOND: u32 = 200;
/// Addresses and users whose use of an allowance is remembered; beyond it they share one.
pub const MAX_RATE_LIMIT_KEYS: usize = 10_000;
/// Frames that could not be understood before a connection is closed with `Abuse`; each minute
/// forgives one.
pub const MAX_BAD_FRAMES: u32 = 20;

/// A client further behind than this many events gets a snapshot instead of the events: it is
/// smaller, and older messages load as one scrolls.
pub const MAX_RECOVERED_EVENTS: u64 = 1_000;

/// How often the server pings, in milliseconds.
pub const PING_INTERVAL_MS: u64 = 25_000;
/// How long it waits for the pong, in milliseconds.
pub const PONG_TIMEOUT_MS: u64 = 8_000;
/// A client that heard nothing for this long declares the connection dead, in milliseconds.
pub const SILENCE_TIMEOUT_MS: u64 = PING_INTERVAL_MS + 10_000;
/// How long a connection may take to say hello, in milliseconds.
pub const HELLO_TIMEOUT_MS: u64 = 10_000;

/// The shortest wait before a reconnect, in milliseconds.
pub const BACKOFF_MIN_MS: u64 = 500;
/// The longest wait before a reconnect, in milliseconds.
pub const BACKOFF_MAX_MS: u64 = 20_000;
