//! Errors of sources.

use std::time::Duration;

use thiserror::Error;

/// The longest foreign text that an error quotes, in characters.
const MAX_FOREIGN: usize = 80;

/// Why a source gives no price. Each text is one short sentence for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SourceError {
    /// No connection: unknown name, refused, no route, or an untrusted certificate.
    #[error("the source cannot be reached: {0}")]
    Unreachable(String),
    /// The connection broke during an answer.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer took longer than [`crate::RequestTiming`] or [`crate::Timing::answer_within`]
    /// allows.
    #[error("no answer in time")]
    TimedOut,
    /// The source answered, and then sent nothing for [`crate::Timing::silent_after`].
    #[error("the source went silent")]
    Silent,
    /// The source ended the connection.
    #[error("the source ended the connection")]
    Closed,
    /// Too many requests (429, or an equivalent of the exchange).
    #[error("too many requests")]
    Limited {
        /// The wait that the source requests, if any.
        retry_after: Option<Duration>,
    },
    /// The source has banned our address (418, used by Binance and Upbit).
    #[error("the source has banned this address for some time")]
    Banned {
        /// The length of the ban, if the source names it.
        retry_after: Option<Duration>,
    },
    /// A status that is neither success nor any of the above.
    #[error("the source answered with status {0}")]
    Status(u16),
    /// A redirect. It is not followed: the address of an exchange is configured.
    #[error("the source sent a redirect, which is not followed")]
    Redirected,
    /// The answer is longer than [`crate::dialer::MAX_ANSWER_BYTES`].
    #[error("the answer is too large")]
    TooLarge,
    /// The answer is not in the documented format; the text says what is wrong.
    #[error("the answer is not in the documented format: {0}")]
    Malformed(&'static str),
    /// A refusal in the format of the exchange.
    #[error("the source refused: {0}")]
    Refused(String),
    /// The client could not be made.
    #[error("the client could not be set up: {0}")]
    Setup(String),
}

/// Shortens foreign text and removes its control characters, so that an exchange cannot flood or
/// garble the log.
pub(crate) fn foreign(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(MAX_FOREIGN).collect()
}

/// The text of the innermost error: the outer ones only name the call that failed.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut reason = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    foreign(&reason.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_cut_and_loses_its_control_characters() {
        assert_eq!(foreign("EService:\u{1b}[31mUnavailable\n"), "EService:[31mUnavailable");
        assert_eq!(foreign(&"x".repeat(5_000)).len(), MAX_FOREIGN);
    }
}
