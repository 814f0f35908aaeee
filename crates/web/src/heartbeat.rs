//! When to ask a quiet peer for a sign of life, and when to give it up.

use std::time::Duration;

use madang_shared::limits::{PING_INTERVAL_MS, PONG_TIMEOUT_MS};
use tokio::time::Instant;

/// The heartbeat of a WebSocket whose peer answers pings by itself, as RFC 6455 has it.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    asked: bool,
    due: Instant,
}

/// What is to be done when [`Heartbeat::due`] has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// Send a ping.
    Ask,
    /// Nothing came of the last one: the peer is gone.
    Gone,
}

impl Heartbeat {
    /// Of a peer that was heard just now.
    pub fn start() -> Self {
        Self { asked: false, due: Instant::now() + Duration::from_millis(PING_INTERVAL_MS) }
    }

    /// The peer was heard: whatever it said is a sign of life.
    pub fn heard(&mut self) {
        *self = Self::start();
    }

    /// When to call [`Self::beat`].
    pub fn due(&self) -> Instant {
        self.due
    }

    /// What to do now that it is due.
    pub fn beat(&mut self) -> Beat {
        if self.asked {
            return Beat::Gone;
        }
        self.asked = true;
        self.due = Instant::now() + Duration::from_millis(PONG_TIMEOUT_MS);
        Beat::Ask
    }
}
