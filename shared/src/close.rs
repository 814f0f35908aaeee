//! Close codes of a connection: a public contract, after Centrifugo's disconnects.
//!
//! After 4000 to 4499 a client connects again, after 4500 to 4999 it does not, so a client needs to know
//! the ranges only. Codes below 4000 are those of RFC 6455 section 7.4.1.

/// Whether a client should connect again after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseClass {
    /// Connect again, with backoff. Missed events will be delivered.
    Reconnect,
    /// Do not connect again: the next connection would end the same way.
    Terminal,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $reason:literal;)+) => {
        /// A close code that Madang's server sends.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum CloseCode {
            $($(#[$doc])* $name,)+
        }

        impl CloseCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The number on the wire.
            pub fn number(self) -> u16 {
                match self { $(Self::$name => $number,)+ }
            }

            /// The reason on the wire: a short English phrase, for logs.
            pub fn reason(self) -> &'static str {
                match self { $(Self::$name => $reason,)+ }
            }
        }
    };
}

codes! {
    /// The server is stopping or restarting.
    ShuttingDown = 4000, "shutting down";
    /// The client was too slow for its topics; it resumes from its positions.
    TooSlow = 4001, "too slow";
    /// No pong arrived in time.
    NoPong = 4002, "no pong";
    /// A defect of the server.
    Internal = 4003, "internal error";
    /// No hello arrived in time.
    NoHello = 4004, "no hello";

    /// The client and the server have no protocol version in common: reload the client.
    Version = 4500, "unsupported protocol version";
    /// There is no session, or it has ended: sign in.
    Unauthenticated = 4501, "unauthenticated";
    /// Too many frames that could not be decoded, or too many refused requests.
    Abuse = 4502, "too many refused requests";
    /// The first frame was not a hello.
    NotHello = 4503, "hello expected";
    /// An administrator has deactivated the account.
    Deactivated = 4504, "account deactivated";
    /// The account was erased.
    Erased = 4510, "account erased";
    /// The account or the address of the client is banned. `GET /api/session` says until when, and why.
    Banned = 4505, "banned";
    /// The server is stopping; for clients without the protocol of Madang (RFC 6455).
    GoingAway = 1001, "going away";
    /// A frame above [`crate::limits::MAX_CLIENT_FRAME_BYTES`] (RFC 6455).
    TooBig = 1009, "frame too big";
    /// The client violated the WebSocket protocol (RFC 6455).
    Protocol = 1002, "protocol error";
    /// A text frame that is not UTF-8 (RFC 6455).
    NotUtf8 = 1007, "not UTF-8";
    /// A binary frame (RFC 6455).
    NotText = 1003, "text frames only";
}

impl CloseCode {
    /// The code with this number, if the server sends it.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }
}

/// The class of a close code from any sender. 1005 (no code) and 1006 (no close frame) are what a
/// browser reports for a broken connection.
pub fn class_of(number: u16) -> CloseClass {
    match number {
        // Protocol errors, text expected, policy, too big, extension missing: the same client would
        // fail again.
        1002 | 1003 | 1007..=1010 | 4500..=4999 => CloseClass::Terminal,
        _ => CloseClass::Reconnect,
    }
}
