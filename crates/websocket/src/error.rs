//! Protocol errors of a client, with their close codes (RFC 6455 section 7.4.1).

use thiserror::Error;

/// Why a client's bytes cannot be parsed. All bytes after the error are discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// A frame is malformed, or not allowed at this point.
    #[error("protocol error: {0}")]
    Protocol(&'static str),
    /// A text message, or the reason of a close frame, is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A compressed message cannot be inflated.
    #[error("compressed data cannot be read")]
    NotDeflate,
    /// A message has more bytes than the limit.
    #[error("message too big")]
    TooBig,
    /// The memory budget for large messages is exhausted; a retry later may succeed.
    #[error("no room for so large a message now")]
    NoRoom,
}

impl ProtocolError {
    /// The close code.
    pub fn code(self) -> u16 {
        match self {
            Self::Protocol(_) => 1002,
            // The code for "data within a message that was not consistent with the type of the
            // message". RFC 7692 has no code of its own.
            Self::NotUtf8 | Self::NotDeflate => 1007,
            Self::TooBig => 1009,
            // "Try again later", in the registry of IANA since 2012.
            Self::NoRoom => 1013,
        }
    }

    /// The reason for the close frame.
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
