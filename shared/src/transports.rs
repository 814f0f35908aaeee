//! One stream of events over four transports: what each of them brings.

use serde::{Deserialize, Serialize};

/// What all paths of the comparison start with.
pub const PATH: &str = "/lab/transports";

/// One event. Over server-sent events and the WebSocket each is a message of its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tick {
    /// Its place in the stream, from 1, without holes; it goes on where it was after a pause.
    pub seq: u64,
    /// When it happened, in milliseconds by the clock that [`Time`] shows.
    pub at: f64,
}

/// The answer to a poll, long or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Polled {
    /// Bytes of the request's head, as they would be in HTTP/1.1: a browser does not tell its page.
    pub asked: u32,
    /// What came after the place that was asked for.
    pub events: Vec<Tick>,
    /// Where to go on.
    pub next: u64,
    /// Events that the server had let go of by then.
    pub missed: u64,
}

/// The first message on the WebSocket; as a server-sent event it is named `asked`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// As in [`Polled`].
    pub asked: u32,
}

/// The clock of the events.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Time {
    /// Milliseconds since 1970, to the microsecond.
    pub now: f64,
}
