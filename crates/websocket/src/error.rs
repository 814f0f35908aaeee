//! What a client can do wrong, and the code that it is told (RFC 6455 section 7.4.1).

use thiserror::Error;

/// Why a client's bytes cannot be read on. Whatever follows them is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// They are no frames, or not in this order.
    #[error("protocol error: {0}")]
    Protocol(&'static str),
    /// A text, or the reason of a close, is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// What is said to be compressed cannot be read.
    #[error("compressed data cannot be read")]
    NotDeflate,
    /// A message has more bytes than are allowed.
    #[error("message too big")]
    TooBig,
    /// So many large messages are under way that there is no room for this one now.
    #[error("no room for so large a message now")]
    NoRoom,
}

impl ProtocolError {
    /// What to close with.
    pub fn code(self) -> u16 {
        match self {
            Self::Protocol(_) => 1002,
            // As of "data within a message that was not consistent with the type of the message";
            // RFC 7692 has no code of its own.
            Self::NotUtf8 | Self::NotDeflate => 1007,
            Self::TooBig => 1009,
            // "Try again later", in IANA's registry since 2012.
            Self::NoRoom => 1013,
        }
    }

    /// The same in words, for the close frame.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Protocol(what) => what,
            Self::NotUtf8 => "not UTF-8",
            Self::NotDeflate => "compressed data cannot be read",
            Self::TooBig => "message too big",
            Self::NoRoom => "no room for so large a message now",
        }
    }
}
