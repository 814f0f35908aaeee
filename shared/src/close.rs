//! Why a connection ended, as a number that is a public contract (after Centrifugo's disconnects).
//!
//! 4000 to 4499 mean "come back", 4500 to 4999 mean "do not": a client that knows only the range
//! already does the right thing. Below 4000 stand the codes of RFC 6455 section 7.4.1.

/// Whether a client should connect again after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseClass {
    /// Connect again, with backoff; what was missed will be delivered.
    Reconnect,
    /// Connecting again would end the same way until something else changes.
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
            /// Every code there is.
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
    /// The connection could not keep up; it resumes from its positions.
    TooSlow = 4001, "too slow";
    /// No pong arrived in time.
    NoPong = 4002, "no pong";
    /// The server met a defect of its own.
    Internal = 4003, "internal error";
    /// No hello arrived in time.
    NoHello = 4004, "no hello";

    /// The client speaks no version of the protocol that the server speaks: load it anew.
    Version = 4500, "unsupported protocol version";
    /// There is no session, or it has ended: sign in.
    Unauthenticated = 4501, "unauthenticated";
    /// Too many frames that could not be understood.
    Abuse = 4502, "too many bad frames";
    /// The first frame was not a hello.
    NotHello = 4503, "hello expected";
    /// The server is stopping, said to a client of no protocol of ours; RFC 6455 has a code for it.
    GoingAway = 1001, "going away";
    /// A frame above [`crate::limits::MAX_CLIENT_FRAME_BYTES`]; RFC 6455 has a code for it.
    TooBig = 1009, "frame too big";
    /// The client broke the WebSocket protocol itself; RFC 6455 has a code for it.
    Protocol = 1002, "protocol error";
    /// A text frame that is not UTF-8; RFC 6455 has a code for it.
    NotUtf8 = 1007, "not UTF-8";
    /// A binary frame; RFC 6455 has a code for it.
    NotText = 1003, "text frames only";
}

impl CloseCode {
    /// The code with this number, if it is one of ours.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }
}

/// What a client should do after a connection ended with this number, whoever sent it. 1005 (no
/// code) and 1006 (no close frame), which a browser reports, are connections that broke.
pub fn class_of(number: u16) -> CloseClass {
    match number {
        // Protocol errors, text expected, policy, too big, extension missing: the same client would
        // do the same again.
        1002 | 1003 | 1007..=1010 | 4500..=4999 => CloseClass::Terminal,
        _ => CloseClass::Reconnect,
    }
}
