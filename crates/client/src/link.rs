//! The connection: trying, holding, losing, coming back.

use madang_shared::Timestamp;
use madang_shared::close::{CloseClass, class_of};
use madang_shared::limits::{HELLO_TIMEOUT_MS, SILENCE_TIMEOUT_MS};

use crate::backoff::wait_ms;

/// How the connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
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
    Ended(Ending),
}

/// Why no further try is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The server closed with a code that says so; see [`madang_shared::CloseCode`].
    Closed(u16),
    /// The session belongs to another user than the one this client was made for.
    OtherUser,
    /// The user of this client ended it.
    SignedOut,
}

/// What the driver has to do about its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    Nothing,
    Open,
    Close,
}

/// The link with its timers.
#[derive(Debug)]
pub(crate) struct LinkState {
    link: Link,
    attempt: u32,
    /// The last sign of life of the present socket, or when it was asked for.
    heard: Timestamp,
}

impl LinkState {
    pub(crate) fn new() -> Self {
        Self { link: Link::Offline, attempt: 0, heard: Timestamp(0) }
    }

    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    pub(crate) fn is_live(&self) -> bool {
        self.link == Link::Live
    }

    fn holds_socket(&self) -> bool {
        matches!(self.link, Link::Connecting | Link::Greeting | Link::Live)
    }

    pub(crate) fn connect(&mut self, now: Timestamp) -> Duty {
        if self.holds_socket() || matches!(self.link, Link::Ended(_)) {
            return Duty::Nothing;
        }
        self.link = Link::Connecting;
        self.heard = now;
        Duty::Open
    }

    pub(crate) fn opened(&mut self, now: Timestamp) {
        self.link = Link::Greeting;
        self.heard = now;
    }

    pub(crate) fn heard(&mut self, now: Timestamp) {
        self.heard = now;
    }

    pub(crate) fn welcomed(&mut self) {
        self.link = Link::Live;
        self.attempt = 0;
    }

    pub(crate) fn closed(&mut self, now: Timestamp, random: u64, code: u16) {
        self.link = match class_of(code) {
            CloseClass::ComeBack => Link::Waiting { until: self.next_try(now, random) },
            CloseClass::StayAway => Link::Ended(Ending::Closed(code)),
        };
    }

    pub(crate) fn end(&mut self, ending: Ending) -> Duty {
        let duty = if self.holds_socket() { Duty::Close } else { Duty::Nothing };
        self.link = Link::Ended(ending);
        duty
    }

    /// The device lost its network: a socket that is open may yet live, but waiting is pointless
    /// until the device says otherwise.
    pub(crate) fn offline(&mut self) {
        if matches!(self.link, Link::Waiting { .. }) {
            self.link = Link::Offline;
        }
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match self.link {
            Link::Offline | Link::Ended(_) => None,
            Link::Connecting | Link::Greeting => Some(self.heard.plus(HELLO_TIMEOUT_MS)),
            Link::Live => Some(self.heard.plus(SILENCE_TIMEOUT_MS)),
            Link::Waiting { until } => Some(until),
        }
    }

    pub(crate) fn wake(&mut self, now: Timestamp, random: u64) -> Duty {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Duty::Nothing;
        }
        if self.holds_socket() {
            self.link = Link::Waiting { until: self.next_try(now, random) };
            return Duty::Close;
        }
        self.connect(now)
    }

    fn next_try(&mut self, now: Timestamp, random: u64) -> Timestamp {
        let wait = wait_ms(self.attempt, random);
        self.attempt = self.attempt.saturating_add(1);
        now.plus(wait)
    }
}
