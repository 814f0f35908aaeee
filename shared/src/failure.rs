//! Refusals: a code for programs, a sentence for people, and whether trying again can help.

use serde::{Deserialize, Serialize};

/// Why something was refused. The names are a public contract; new ones may come, and an older
/// reader sees them as [`ErrorCode::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The frame is not JSON, or not of any shape that the protocol knows.
    Malformed,
    /// The frame is well formed, but asks for something this version does not have.
    Unsupported,
    /// A frame came when it makes no sense: a second hello, an answer to nothing.
    UnexpectedFrame,
    /// A value breaks a rule; the sentence says which.
    Invalid,
    /// Too long; the sentence gives the limit.
    TooLong,
    /// There is no such thing.
    NotFound,
    /// The user may not do this.
    Forbidden,
    /// The user has not joined the room.
    NotMember,
    /// The name belongs to somebody or something else.
    NameTaken,
    /// No session, or one that has ended.
    Unauthenticated,
    /// More subscriptions than one connection may hold.
    TooManyTopics,
    /// Too much at once; wait a moment.
    RateLimited,
    /// An earlier command of this connection was refused for now; this one waits behind it, so that
    /// order is kept. Send the earlier one again first.
    BlockedByEarlier,
    /// The store can not take it now: the disk is full or read-only, or the database is damaged.
    /// Nothing was changed.
    Unavailable,
    /// The server is stopping; come back.
    ShuttingDown,
    /// A defect of the server. Nothing was acknowledged.
    Internal,
    /// A code from a newer peer.
    #[serde(other)]
    Other,
}

impl ErrorCode {
    /// Whether the very same request can succeed later.
    pub fn retry_helps(self) -> bool {
        match self {
            Self::RateLimited
            | Self::BlockedByEarlier
            | Self::Unavailable
            | Self::ShuttingDown
            | Self::Internal => true,
            Self::Malformed
            | Self::Unsupported
            | Self::UnexpectedFrame
            | Self::Invalid
            | Self::TooLong
            | Self::NotFound
            | Self::Forbidden
            | Self::NotMember
            | Self::NameTaken
            | Self::Unauthenticated
            | Self::TooManyTopics
            | Self::Other => false,
        }
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Failure {
    /// For programs.
    pub code: ErrorCode,
    /// For people, in English; an app translates by the code.
    pub message: String,
    /// Whether the very same request can succeed later.
    pub retry: bool,
    /// When a retry can help: how long to wait before it, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl Failure {
    /// A refusal with the code's own answer to whether a retry helps.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry: code.retry_helps(), retry_after: None }
    }

    /// The same, with how long to wait, in milliseconds.
    #[must_use]
    pub fn after(mut self, millis: u64) -> Self {
        self.retry_after = Some(millis);
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
