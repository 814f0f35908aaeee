//! Refusals: a code for programs, a sentence for people, and whether a retry can help.

use serde::{Deserialize, Serialize};

/// The reason of a refusal. The names are a public contract. New ones may be added, and an older client
/// reads them as [`ErrorCode::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The frame is not JSON, or not of any shape that the protocol knows.
    Malformed,
    /// The frame is well formed, but requests something that this server does not have: it is of another version, or
    /// its operator has switched the app off.
    Unsupported,
    /// The frame is not allowed in this state: a second hello, a pong without a ping.
    UnexpectedFrame,
    /// A value breaks a rule, which the sentence names.
    Invalid,
    /// A value is longer than the limit, which the sentence names.
    TooLong,
    /// The subject of the request does not exist.
    NotFound,
    /// The user may not do this.
    Forbidden,
    /// The user has not joined the room.
    NotMember,
    /// The name belongs to another user or room.
    NameTaken,
    /// There is no session, or it has ended.
    Unauthenticated,
    /// The connection has the largest number of subscriptions already.
    TooManyTopics,
    /// The rate limit is exceeded; wait before a retry.
    RateLimited,
    /// An earlier command of this connection was refused and can be retried. Later ones are refused to
    /// keep the order. Send the earlier one again first.
    BlockedByEarlier,
    /// The store cannot write now: the disk is full or read-only, or the database is damaged. Nothing
    /// was changed.
    Unavailable,
    /// The server is stopping; connect again later.
    ShuttingDown,
    /// A defect of the server. The request was not acknowledged.
    Internal,
    /// A code of a newer server.
    #[serde(other)]
    Other,
}

impl ErrorCode {
    /// Whether the same request can succeed later.
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
    /// The reason, for programs.
    pub code: ErrorCode,
    /// The reason, for people, in English; an app translates by the code.
    pub message: String,
    /// Whether the same request can succeed later.
    pub retry: bool,
    /// The wait before a retry, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl Failure {
    /// A refusal; the code decides whether a retry helps.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry: code.retry_helps(), retry_after: None }
    }

    /// The same refusal with a wait before a retry, in milliseconds.
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
