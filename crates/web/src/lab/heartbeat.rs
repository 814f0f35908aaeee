//! The heartbeat of the lab's sockets: pings for a quiet peer, and a timeout for the answer. The app's protocol has a
//! heartbeat of its own, in the session.

use std::pin::Pin;
use std::time::Duration;

use madang_shared::limits::{PING_INTERVAL_MS, PONG_TIMEOUT_MS};
use tokio::time::{Instant, Sleep, sleep_until};

/// The heartbeat of a connection whose peer answers ping frames (RFC 6455 section 5.5.2).
#[derive(Debug)]
pub(super) struct Heartbeat {
    awaiting_pong: bool,
    due: Instant,
    /// Fires at `due` or earlier: resetting the timer for every message would cost more than the message.
    timer: Pin<Box<Sleep>>,
}

/// A step of the heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeartbeatEvent {
    /// The peer is quiet: send a ping.
    Ping,
    /// The peer has not answered the last ping: disconnect.
    TimedOut,
}

impl Heartbeat {
    /// Starts the heartbeat of a new connection.
    pub(super) fn start() -> Self {
        let due = after(PING_INTERVAL_MS);
        Self { awaiting_pong: false, due, timer: Box::pin(sleep_until(due)) }
    }

    /// Records a received message; any message shows that the peer lives.
    pub(super) fn on_message(&mut self) {
        self.awaiting_pong = false;
        self.due = after(PING_INTERVAL_MS);
    }

    /// Waits for the next step. Cancel-safe.
    pub(super) async fn next_event(&mut self) -> HeartbeatEvent {
        loop {
            self.timer.as_mut().await;
            if self.due > Instant::now() {
                // A message arrived since the timer was set.
                self.timer.as_mut().reset(self.due);
                continue;
            }
            if self.awaiting_pong {
                return HeartbeatEvent::TimedOut;
            }
            self.awaiting_pong = true;
            self.due = after(PONG_TIMEOUT_MS);
            self.timer.as_mut().reset(self.due);
            return HeartbeatEvent::Ping;
        }
    }
}

fn after(milliseconds: u64) -> Instant {
    Instant::now() + Duration::from_millis(milliseconds)
}
