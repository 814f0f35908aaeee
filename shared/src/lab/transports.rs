//! The messages of the lab page that compares four transports of one event stream.

use serde::{Deserialize, Serialize};

/// The event rates that the page offers, in events per second.
pub const TRANSPORT_RATES: [u32; 4] = [1, 5, 20, 50];
/// Events that each stream of [`TRANSPORT_RATES`] keeps for clients that poll seldom.
pub const TRANSPORT_RING_EVENTS: usize = 512;
/// The time after which a long poll answers without an event, in milliseconds.
pub const LONG_POLL_WAIT_MS: u64 = 20_000;
/// The time that a stream continues after its last poll, in milliseconds.
pub const POLL_LEASE_MS: u64 = 10_000;
/// Long polls, event streams and sockets of the page at once from all clients; the next is refused with
/// status 503.
pub const MAX_TRANSPORT_LISTENERS: usize = 256;

/// The prefix of all paths of the page.
pub const PATH: &str = "/lab/transports";

/// One event; over server-sent events and the WebSocket, one message.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tick {
    /// The seq in the stream, from 1, without gaps; it continues after a pause.
    pub seq: u64,
    /// The time of the event, in milliseconds of the clock of [`ServerTime`].
    pub at: f64,
}

/// The answer to a poll or a long poll.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PollAnswer {
    /// Bytes of the request's head in HTTP/1.1, which a browser does not report to its page.
    pub request_bytes: u32,
    /// The events after the requested seq.
    pub events: Vec<Tick>,
    /// The seq for the next request.
    pub next: u64,
    /// Events after the requested seq that the server no longer had.
    pub missed: u64,
}

/// The first message on the WebSocket; as a server-sent event it is named `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamStart {
    /// As in [`PollAnswer`].
    pub request_bytes: u32,
}

/// The clock of the events.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerTime {
    /// Milliseconds since 1970-01-01T00:00:00Z, with microseconds as fractions.
    pub now: f64,
}
