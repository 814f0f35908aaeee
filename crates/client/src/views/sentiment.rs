//! The sentiment of a draft text. A pause in typing sends a query, and only the answer for the latest
//! text counts.

use madang_shared::Timestamp;
use madang_shared::sentiment::{Analysis, SentimentAnswer, SentimentQuery};

use crate::view::{ReceiveAnswer, View, Wake};

/// The pause in typing before a query, in milliseconds: shorter than people notice, and longer than
/// the time between most keystrokes of a fluent typist.
const PAUSE_MS: u64 = 150;

/// A draft text and its sentiment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentimentDraft {
    text: String,
    ask_at: Option<Timestamp>,
    /// Whether the query for the latest text was answered or refused.
    is_answered: bool,
    analysis: Option<Analysis>,
}

impl SentimentDraft {
    /// The analysis of the latest text that was answered; `None` while the draft is empty.
    pub fn analysis(&self) -> Option<&Analysis> {
        self.analysis.as_ref()
    }

    /// Whether the analysis is that of the latest text.
    pub fn is_current(&self) -> bool {
        self.is_answered || self.text.is_empty()
    }

    /// Replaces the text of the draft.
    pub(crate) fn set_text(&mut self, text: String, now: Timestamp) {
        if text.trim().is_empty() {
            *self = Self::default();
            return;
        }
        self.text = text;
        self.is_answered = false;
        self.ask_at = Some(now.plus(PAUSE_MS));
    }
}

impl View for SentimentDraft {
    fn deadline(&self) -> Option<Timestamp> {
        self.ask_at
    }

    fn wake(&mut self, now: Timestamp) -> Wake {
        let due = self.ask_at.take_if(|at| *at <= now);
        let query = due.map(|_| SentimentQuery::Classify { text: self.text.clone() }.into());
        Wake { query, changed: false }
    }
}

impl ReceiveAnswer for SentimentDraft {
    type Query = SentimentQuery;
    type Answer = SentimentAnswer;

    /// Takes the analysis, unless the text has changed since the query.
    fn receive_answer(&mut self, query: &SentimentQuery, answer: SentimentAnswer) {
        let SentimentQuery::Classify { text } = query;
        let SentimentAnswer::Classified(analysis) = answer;
        if *text == self.text {
            self.analysis = Some(analysis);
            self.is_answered = true;
        }
    }

    /// The next pause in typing sends another query. Until then there is no analysis, rather than that of another text.
    fn query_refused(&mut self, query: &SentimentQuery) -> bool {
        let SentimentQuery::Classify { text } = query;
        if *text == self.text {
            self.analysis = None;
            self.is_answered = true;
        }
        *text == self.text
    }
}
