//! The user's questions about single messages. Their answers are shown once, and kept by no view.

use madang_shared::chat::{ChatAnswer, ChatQuery, EarlierText};
use madang_shared::reactions::ReactionPeople;
use madang_shared::{RoomId, Seq};

/// A question about a message, with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question<T> {
    /// The message.
    pub of: (RoomId, Seq),
    /// The answer; none before it. The inner value is missing if the server refused it.
    pub answer: Option<Option<T>>,
}

/// The last question of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageQuestions {
    /// The earlier texts of a message, the oldest first.
    pub earlier: Option<Question<Vec<EarlierText>>>,
    /// The people behind the reactions to a message.
    pub reactions: Option<Question<Vec<ReactionPeople>>>,
}

impl MessageQuestions {
    /// Remembers a question, if it is about a message.
    pub(crate) fn ask(&mut self, query: &ChatQuery) {
        match *query {
            ChatQuery::Earlier { room, message } => {
                self.earlier = Some(Question { of: (room, message), answer: None });
            }
            ChatQuery::Reactions { room, message } => {
                self.reactions = Some(Question { of: (room, message), answer: None });
            }
            ChatQuery::Before { .. } | ChatQuery::Messages { .. } => {}
        }
    }

    /// Takes the answer to a question; none if the server refused it. An answer to another question than the last one is
    /// dropped.
    pub(crate) fn answer(&mut self, query: &ChatQuery, answer: Option<ChatAnswer>) {
        match *query {
            ChatQuery::Earlier { room, message } => {
                let texts = answer.and_then(|answer| match answer {
                    ChatAnswer::Earlier(texts) => Some(texts),
                    _ => None,
                });
                put(&mut self.earlier, (room, message), texts);
            }
            ChatQuery::Reactions { room, message } => {
                let people = answer.and_then(|answer| match answer {
                    ChatAnswer::Reactions(people) => Some(people),
                    _ => None,
                });
                put(&mut self.reactions, (room, message), people);
            }
            ChatQuery::Before { .. } | ChatQuery::Messages { .. } => {}
        }
    }
}

fn put<T>(question: &mut Option<Question<T>>, of: (RoomId, Seq), answer: Option<T>) {
    if let Some(question) = question.as_mut().filter(|question| question.of == of) {
        question.answer = Some(answer);
    }
}
