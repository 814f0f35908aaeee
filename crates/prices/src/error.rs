//! Why a source does not answer.

use std::time::Duration;

use thiserror::Error;

/// Characters of foreign text that an error repeats at most.
const MAX_FOREIGN: usize = 80;

/// Why a source does not answer. Each is one short sentence, fit to be shown to an operator.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SourceError {
    /// No connection: name not found, refused, no route, certificate not trusted.
    #[error("it could not be reached: {0}")]
    Unreachable(String),
    /// The connection broke in the middle.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// It took longer than [`crate::Reach`] or [`crate::Pace::answer_within`] allows.
    #[error("it did not answer in time")]
    TimedOut,
    /// It answered once, and then said nothing for [`crate::Pace::silent_after`].
    #[error("it went silent")]
    Silent,
    /// It ended the connection.
    #[error("it ended the connection")]
    Closed,
    /// It wants fewer requests (429, or its own way of saying so).
    #[error("it was asked too often")]
    Limited {
        /// How long it wants to be left alone, if it said.
        retry_after: Option<Duration>,
    },
    /// It has shut this address out (418, the way of Binance and Upbit).
    #[error("it has banned this address for a while")]
    Banned {
        /// How long, if it said.
        retry_after: Option<Duration>,
    },
    /// It answered with a status that is neither success nor any of the above.
    #[error("it answered with status {0}")]
    Status(u16),
    /// It pointed elsewhere. Not followed: the address of an exchange is configured, not told.
    #[error("it redirected elsewhere, which is not followed")]
    Redirected,
    /// More than [`crate::dialer::MAX_ANSWER_BYTES`].
    #[error("its answer was too large")]
    TooLarge,
    /// Not the documented format; what was wrong with it.
    #[error("its answer was not understood: {0}")]
    Malformed(&'static str),
    /// It answered in its format that it will not answer.
    #[error("it refused: {0}")]
    Refused(String),
    /// The client itself could not be made.
    #[error("the client could not be set up: {0}")]
    Setup(String),
}

/// Foreign text, cut and cleaned for a sentence of ours: an exchange must not write pages, or control
/// characters, into anybody's log.
pub(crate) fn foreign(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(MAX_FOREIGN).collect()
}

/// The innermost reason of an error: the outer ones only say which of our calls met it.
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
