//! The sentiment of a text, from its words. The server analyses it; see `crates/sentiment`.

use serde::{Deserialize, Serialize};

/// Unicode scalar values of a text that the analysis reads.
pub const MAX_CLASSIFIED_CHARS: usize = 1_000;

/// The mood of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// The text is positive.
    Positive,
    /// The words have no sentiment, or balance each other.
    Neutral,
    /// The text is negative.
    Negative,
}

/// The sentiment of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sentiment {
    /// The mood.
    pub mood: Mood,
    /// The strength, from -1000 to 1000.
    pub score: i16,
}

/// A sentiment with the words that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Analysis {
    /// The sentiment.
    pub sentiment: Sentiment,
    /// The words and emoji with a weight, in reading order.
    pub words: Vec<DecidingWord>,
}

/// A word with a weight in the analysis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DecidingWord {
    /// The word as written in the text.
    pub text: String,
    /// The weight in thousandths of VADER's unit: about 1000 for a mild word, about 3000 for a strong one,
    /// below 0 for a negative one.
    pub weight: i16,
}

/// Queries during typing. The text is not stored, and no other user sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SentimentQuery {
    /// Analyses a text.
    Classify {
        /// At most [`crate::chat::MAX_MESSAGE_CHARS`] characters; may be empty.
        text: String,
    },
}

/// The answer to a [`SentimentQuery`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SentimentAnswer {
    /// Answers [`SentimentQuery::Classify`].
    Classified(Analysis),
}
