//! Every limit, in one place, enforced on both sides. Numbers without another source are decisions
//! of this project; `docs/limits.md` would repeat them, so it does not exist.

/// Offered and answered in `Sec-WebSocket-Protocol`: the protocol, its version, its encoding.
pub const SUBPROTOCOL: &str = "madang.v1.json";
/// What every version's subprotocol starts with; tells a stale client from a foreign one.
pub const SUBPROTOCOL_FAMILY: &str = "madang.v";
/// Where the socket is.
pub const SOCKET_PATH: &str = "/api/socket";

/// Bytes in one WebSocket message, either way. The largest legal frame is a page of messages.
pub const MAX_FRAME_BYTES: usize = 1024 * 1024;
/// Bytes in one message from a client: the longest text, every byte of it escaped, with room for
/// its envelope.
pub const MAX_CLIENT_FRAME_BYTES: usize = 64 * 1024;
/// Unicode scalar values in one message text.
pub const MAX_MESSAGE_CHARS: usize = 4_000;
/// Unicode scalar values in a user's name.
pub const MAX_USER_NAME_CHARS: usize = 32;
/// Unicode scalar values in a room's name.
pub const MAX_ROOM_NAME_CHARS: usize = 48;
/// Topics that one connection may hold at once.
pub const MAX_TOPICS: usize = 512;
/// Commands of one connection that wait for the store; beyond it they are refused as `rate_limited`.
pub const MAX_QUEUED_COMMANDS: usize = 64;
/// Commands and signals that one connection may send in a burst.
pub const COMMAND_BURST: u32 = 100;
/// Commands and signals that one connection may send per second, in the long run.
pub const COMMANDS_PER_SECOND: u32 = 50;
/// Frames that could not be understood before a connection is closed with `Abuse`; each minute
/// forgives one.
pub const MAX_BAD_FRAMES: u32 = 20;

/// Messages in one history page, and in the snapshot of a room.
pub const PAGE_MESSAGES: u32 = 50;
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

/// Silence after the last keystroke that ends typing, in milliseconds.
pub const TYPING_IDLE_MS: u64 = 1_000;
/// While typing goes on, how often the client says so again, in milliseconds.
pub const TYPING_RENEW_MS: u64 = 3_000;
/// After this long without a sign of life nobody shows a user as typing, in milliseconds.
pub const TYPING_EXPIRY_MS: u64 = 6_000;
/// In rooms with more people present than this, typing is not sent on.
pub const TYPING_MAX_PRESENT: usize = 100;
/// Comings and goings are collected for this long before they are told, in milliseconds.
pub const PRESENCE_WINDOW_MS: u64 = 100;
/// A presence entry that its connection does not renew expires after this long, in milliseconds:
/// two heartbeats and the wait for the second's pong.
pub const PRESENCE_EXPIRY_MS: u64 = 2 * PING_INTERVAL_MS + PONG_TIMEOUT_MS;
