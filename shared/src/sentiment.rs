//! How a message feels, as far as its words tell. The server judges; see `crates/sentiment`.

use serde::{Deserialize, Serialize};

/// So many Unicode scalar values of a text are read to judge how it feels.
pub const MAX_CLASSIFIED_CHARS: usize = 1_000;

/// How a text feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// It feels good.
    Positive,
    /// Its words say nothing of it, or balance each other.
    Neutral,
    /// It feels bad.
    Negative,
}

/// A judgement, as a message carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sentiment {
    /// How it feels.
    pub mood: Mood,
    /// How strongly, from -1000 to 1000.
    pub score: i16,
}

/// A judgement with its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Analysis {
    /// What came out.
    pub sentiment: Sentiment,
    /// The words and emoji that decided, in reading order.
    pub words: Vec<DecidingWord>,
}

/// A word that counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DecidingWord {
    /// As it stands in the text.
    pub text: String,
    /// What it added, in thousandths of the unit in which VADER weighs words: a mild word has about
    /// 1000, a strong one about 3000; below 0 it took away.
    pub weight: i16,
}

/// What a client may ask while somebody types. Nothing is stored, and nobody else sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SentimentQuery {
    /// How this feels.
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
    /// To [`SentimentQuery::Classify`].
    Classified(Analysis),
}
