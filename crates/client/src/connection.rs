//! The connection: connecting, the handshake, disconnecting, and reconnecting with backoff.

use madang_shared::Timestamp;
use madang_shared::close::{CloseClass, class_of};
use madang_shared::limits::{HELLO_TIMEOUT_MS, SILENCE_TIMEOUT_MS};

use crate::backoff::wait_ms;

/// The state of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// No attempt was made yet, or the device has no network.
    Offline,
    /// A socket is being opened.
    Connecting,
    /// The socket is open and the hello is sent.
    Handshake,
    /// The server has answered the hello; frames flow.
    Live,
    /// The next attempt is at `until`.
    Waiting {
        /// The time of the next attempt.
        until: Timestamp,
    },
    /// No further attempt is made: it would end the same way.
    Ended(DisconnectReason),
}

/// Why no further attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisconnectReason {
    /// The server closed the connection with a terminal code; see [`madang_shared::CloseCode`].
    Closed(u16),
    /// The session belongs to another user than this client does.
    OtherUser,
    /// The user signed out.
    SignedOut,
}

/// The action that the driver must take on its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketAction {
    Nothing,
    Open,
    Close,
}

/// The state machine of the connection, with its timers.
#[derive(Debug)]
pub(crate) struct ConnectionMachine {
    state: ConnectionState,
    attempt: u32,
    /// When the socket was requested, or when the last frame arrived on it.
    last_activity: Timestamp,
}

impl ConnectionMachine {
    pub(crate) fn new() -> Self {
        Self { state: ConnectionState::Offline, attempt: 0, last_activity: Timestamp(0) }
    }

    pub(crate) fn state(&self) -> &ConnectionState {
        &self.state
    }

    pub(crate) fn is_live(&self) -> bool {
        self.state == ConnectionState::Live
    }

    fn holds_socket(&self) -> bool {
        matches!(
            self.state,
            ConnectionState::Connecting | ConnectionState::Handshake | ConnectionState::Live
        )
    }

    pub(crate) fn connect(&mut self, now: Timestamp) -> SocketAction {
        if self.holds_socket() || matches!(self.state, ConnectionState::Ended(_)) {
            return SocketAction::Nothing;
        }
        self.state = ConnectionState::Connecting;
        self.last_activity = now;
        SocketAction::Open
    }

    pub(crate) fn opened(&mut self, now: Timestamp) {
        self.state = ConnectionState::Handshake;
        self.last_activity = now;
    }

    pub(crate) fn note_activity(&mut self, now: Timestamp) {
        self.last_activity = now;
    }

    pub(crate) fn handshake_completed(&mut self) {
        self.state = ConnectionState::Live;
        self.attempt = 0;
    }

    pub(crate) fn closed(&mut self, now: Timestamp, random: u64, code: u16) {
        self.state = match class_of(code) {
            CloseClass::Reconnect => {
                ConnectionState::Waiting { until: self.next_attempt(now, random) }
            }
            CloseClass::Terminal => ConnectionState::Ended(DisconnectReason::Closed(code)),
        };
    }

    pub(crate) fn end(&mut self, reason: DisconnectReason) -> SocketAction {
        let action = if self.holds_socket() { SocketAction::Close } else { SocketAction::Nothing };
        self.state = ConnectionState::Ended(reason);
        action
    }

    /// The device lost its network. An open socket may still work, but a waiting client stops its
    /// attempts until the device is online.
    pub(crate) fn offline(&mut self) {
        if matches!(self.state, ConnectionState::Waiting { .. }) {
            self.state = ConnectionState::Offline;
        }
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match self.state {
            ConnectionState::Offline | ConnectionState::Ended(_) => None,
            ConnectionState::Connecting | ConnectionState::Handshake => {
                Some(self.last_activity.plus(HELLO_TIMEOUT_MS))
            }
            ConnectionState::Live => Some(self.last_activity.plus(SILENCE_TIMEOUT_MS)),
            ConnectionState::Waiting { until } => Some(until),
        }
    }

    pub(crate) fn wake(&mut self, now: Timestamp, random: u64) -> SocketAction {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return SocketAction::Nothing;
        }
        if self.holds_socket() { self.begin_again(now, random) } else { self.connect(now) }
    }

    /// Closes the connection, and opens another one after the usual wait.
    pub(crate) fn begin_again(&mut self, now: Timestamp, random: u64) -> SocketAction {
        self.state = ConnectionState::Waiting { until: self.next_attempt(now, random) };
        SocketAction::Close
    }

    fn next_attempt(&mut self, now: Timestamp, random: u64) -> Timestamp {
        let wait = wait_ms(self.attempt, random);
        self.attempt = self.attempt.saturating_add(1);
        now.plus(wait)
    }
}
