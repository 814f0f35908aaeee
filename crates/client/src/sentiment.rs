//! How what is being typed feels: asked when the typing pauses, and only the latest answer counts.

use madang_shared::sentiment::{Analysis, SentimentQuery};
use madang_shared::{Query, Timestamp};

/// A pause in typing after which the server is asked, in milliseconds: shorter than people notice,
/// longer than most strokes of a fluent typist are apart.
const PAUSE_MS: u64 = 150;

/// What is being typed, and what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentimentDraft {
    text: String,
    ask_at: Option<Timestamp>,
    judged: Option<Analysis>,
}

impl SentimentDraft {
    /// The judgement of the latest text that was answered; none while nothing is typed.
    pub fn judged(&self) -> Option<&Analysis> {
        self.judged.as_ref()
    }

    /// Whether the judgement is that of what stands there now.
    pub fn is_current(&self) -> bool {
        self.ask_at.is_none()
    }

    /// The text has changed.
    pub(crate) fn typed(&mut self, text: String, now: Timestamp) {
        if text.trim().is_empty() {
            *self = Self::default();
            return;
        }
        self.text = text;
        self.ask_at = Some(now.plus(PAUSE_MS));
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.ask_at
    }

    pub(crate) fn wake(&mut self, now: Timestamp) -> Option<Query> {
        self.ask_at.filter(|at| *at <= now)?;
        self.ask_at = None;
        Some(SentimentQuery::Classify { text: self.text.clone() }.into())
    }

    /// An answer, which counts if it is about what stands there now.
    pub(crate) fn answered(&mut self, query: &SentimentQuery, judgement: Analysis) {
        let SentimentQuery::Classify { text } = query;
        if *text == self.text {
            self.judged = Some(judgement);
        }
    }
}
