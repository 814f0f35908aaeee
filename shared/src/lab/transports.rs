//! One stream of events over four transports: what each of them brings.

use serde::{Deserialize, Serialize};

/// Events per second that a comparison of transports can be asked for.
pub const TRANSPORT_RATES: [u32; 4] = [1, 5, 20, 50];
/// Events that each stream of [`TRANSPORT_RATES`] keeps for those who ask seldom.
pub const TRANSPORT_RING_EVENTS: usize = 512;
/// How long a long poll waits for an event before it answers with none, in milliseconds.
pub const LONG_POLL_WAIT_MS: u64 = 20_000;
/// How long a stream of events goes on for somebody who polls and has not come back, in milliseconds.
pub const POLL_LEASE_MS: u64 = 10_000;
/// Long polls, event streams and sockets of the comparison at once, whoever opens them; the next is
/// refused with status 503.
pub const MAX_TRANSPORT_LISTENERS: usize = 256;

/// What all paths of the comparison start with.
pub const PATH: &str = "/lab/transports";

/// One event. Over server-sent events and the WebSocket each is a message of its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tick {
    /// Its place in the stream, from 1, without holes; it goes on where it was after a pause.
    pub seq: u64,
    /// When it happened, in milliseconds by the clock that [`ServerTime`] shows.
    pub at: f64,
}

/// The answer to a poll, long or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PollAnswer {
    /// Bytes of the request's head, as they would be in HTTP/1.1: a browser does not tell its page.
    pub request_bytes: u32,
    /// What came after the place that was asked for.
    pub events: Vec<Tick>,
    /// Where to go on.
    pub next: u64,
    /// Events that the server had let go of by then.
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
    /// Milliseconds since 1970, to the microsecond.
    pub now: f64,
}
