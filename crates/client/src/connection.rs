//! The connection: trying, holding, losing, coming back.

use madang_shared::Timestamp;
use madang_shared::close::{CloseClass, class_of};
use madang_shared::limits::{HELLO_TIMEOUT_MS, SILENCE_TIMEOUT_MS};

use crate::backoff::wait_ms;

/// How the connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Nothing was tried yet, or the device says it has no network.
    Offline,
    /// A socket is being opened.
    Connecting,
    /// The socket is open and hello was said.
    Greeting,
    /// The server knows us; frames flow.
    Live,
    /// The next try is at `until`.
    Waiting {
        /// When.
        until: Timestamp,
    },
    /// No further try: it would end the same way.
    Ended(DisconnectReason),
}

/// Why no further try is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisconnectReason {
    /// The server closed with a code that says so; see [`madang_shared::CloseCode`].
    Closed(u16),
    /// The session belongs to another user than the one this client was made for.
    OtherUser,
    /// The user of this client ended it.
    SignedOut,
}

/// What the driver has to do about its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketAction {
    Nothing,
    Open,
    Close,
}

/// The link with its timers.
#[derive(Debug)]
pub(crate) struct ConnectionMachine {
    state: ConnectionState,
    attempt: u32,
    /// The last sign of life of the present socket, or when it was asked for.
    heard: Timestamp,
}

impl ConnectionMachine {
    pub(crate) fn new() -> Self {
        Self { state: ConnectionState::Offline, attempt: 0, heard: Timestamp(0) }
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
            ConnectionState::Connecting | ConnectionState::Greeting | ConnectionState::Live
        )
    }

    pub(crate) fn connect(&mut self, now: Timestamp) -> SocketAction {
        if self.holds_socket() || matches!(self.state, ConnectionState::Ended(_)) {
            return SocketAction::Nothing;
        }
        self.state = ConnectionState::Connecting;
        self.heard = now;
        SocketAction::Open
    }

    pub(crate) fn opened(&mut self, now: Timestamp) {
        self.state = ConnectionState::Greeting;
        self.heard = now;
    }

    pub(crate) fn heard(&mut self, now: Timestamp) {
        self.heard = now;
    }

    pub(crate) fn welcomed(&mut self) {
        self.state = ConnectionState::Live;
        self.attempt = 0;
    }

    pub(crate) fn closed(&mut self, now: Timestamp, random: u64, code: u16) {
        self.state = match class_of(code) {
            CloseClass::Reconnect => ConnectionState::Waiting { until: self.next_try(now, random) },
            CloseClass::Terminal => ConnectionState::Ended(DisconnectReason::Closed(code)),
        };
    }

    pub(crate) fn end(&mut self, ending: DisconnectReason) -> SocketAction {
        let duty = if self.holds_socket() { SocketAction::Close } else { SocketAction::Nothing };
        self.state = ConnectionState::Ended(ending);
        duty
    }

    /// The device lost its network: a socket that is open may yet live, but waiting is pointless
    /// until the device says otherwise.
    pub(crate) fn offline(&mut self) {
        if matches!(self.state, ConnectionState::Waiting { .. }) {
            self.state = ConnectionState::Offline;
        }
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match self.state {
            ConnectionState::Offline | ConnectionState::Ended(_) => None,
            ConnectionState::Connecting | ConnectionState::Greeting => {
                Some(self.heard.plus(HELLO_TIMEOUT_MS))
            }
            ConnectionState::Live => Some(self.heard.plus(SILENCE_TIMEOUT_MS)),
            ConnectionState::Waiting { until } => Some(until),
        }
    }

    pub(crate) fn wake(&mut self, now: Timestamp, random: u64) -> SocketAction {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return SocketAction::Nothing;
        }
        if self.holds_socket() {
            self.state = ConnectionState::Waiting { until: self.next_try(now, random) };
            return SocketAction::Close;
        }
        self.connect(now)
    }

    fn next_try(&mut self, now: Timestamp, random: u64) -> Timestamp {
        let wait = wait_ms(self.attempt, random);
        self.attempt = self.attempt.saturating_add(1);
        now.plus(wait)
    }
}
