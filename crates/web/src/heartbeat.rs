//! When to ask a quiet peer for a sign of life, and when to give it up.

use std::pin::Pin;
use std::time::Duration;

use madang_shared::limits::{PING_INTERVAL_MS, PONG_TIMEOUT_MS};
use tokio::time::{Instant, Sleep, sleep_until};

/// The heartbeat of a WebSocket whose peer answers pings by itself, as RFC 6455 has it.
#[derive(Debug)]
pub struct Heartbeat {
    asked: bool,
    due: Instant,
    /// Rings at `due` or before: a timer that is moved with every message costs more than the message.
    timer: Pin<Box<Sleep>>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeartbeatEvent {
    /// Send a ping.
    Ask,
    /// Nothing came of the last one: the peer is gone.
    Gone,
}

impl Heartbeat {
    /// Of a peer that was heard just now.
    pub fn start() -> Self {
        let due = after(PING_INTERVAL_MS);
        Self { asked: false, due, timer: Box::pin(sleep_until(due)) }
    }

    /// The peer was heard: whatever it said is a sign of life.
    pub fn heard(&mut self) {
        self.asked = false;
        self.due = after(PING_INTERVAL_MS);
    }

    /// Completes when there is something to be done. Safe to drop at any point.
    pub async fn beat(&mut self) -> HeartbeatEvent {
        loop {
            self.timer.as_mut().await;
            if self.due > Instant::now() {
                // Heard meanwhile.
                self.timer.as_mut().reset(self.due);
                continue;
            }
            if self.asked {
                return HeartbeatEvent::Gone;
            }
            self.asked = true;
            self.due = after(PONG_TIMEOUT_MS);
            self.timer.as_mut().reset(self.due);
            return HeartbeatEvent::Ask;
        }
    }
}

fn after(milliseconds: u64) -> Instant {
    Instant::now() + Duration::from_millis(milliseconds)
}
