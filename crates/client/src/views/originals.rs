//! The earlier messages that messages of a room answer, as far as its timeline does not hold them.

use madang_shared::{Message, Seq, UserId};

use crate::vec_map::VecMap;

/// An answered message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Original<'a> {
    /// The message.
    Known(&'a Message),
    /// The reader may not see it.
    Hidden,
    /// It has not arrived.
    Unknown,
}

/// The state of one original.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    /// The query waits for its answer.
    #[default]
    Asked,
    /// It changed while the query waited, whose answer may be older.
    Stale,
    Known(Box<Message>),
    Hidden,
}

/// The originals of one room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Originals(VecMap<Seq, State>);

impl Originals {
    pub(crate) fn get(&self, seq: Seq) -> Original<'_> {
        match self.0.get(&seq) {
            Some(State::Known(message)) => Original::Known(message),
            Some(State::Hidden) => Original::Hidden,
            Some(State::Asked | State::Stale) | None => Original::Unknown,
        }
    }

    /// Remembers that a message is asked for. Returns whether it was not before.
    pub(crate) fn ask(&mut self, seq: Seq) -> bool {
        let is_new = !self.0.contains_key(&seq);
        if is_new {
            self.0.insert(seq, State::Asked);
        }
        is_new
    }

    /// Takes messages that arrived with others.
    pub(crate) fn add(&mut self, messages: Vec<Message>) {
        for message in messages {
            self.0.insert(message.seq, State::Known(Box::new(message)));
        }
    }

    /// Takes the answer to a question about these messages. Those without an answer are hidden. A message that changed
    /// meanwhile becomes unknown, and can be asked for again.
    pub(crate) fn answer(&mut self, asked: &[Seq], answers: Vec<Message>) {
        self.0.retain(|seq, state| *state != State::Stale || !asked.contains(seq));
        for message in answers {
            if let Some(state @ State::Asked) = self.0.get_mut(&message.seq) {
                *state = State::Known(Box::new(message));
            }
        }
        for seq in asked {
            if let Some(state @ State::Asked) = self.0.get_mut(seq) {
                *state = State::Hidden;
            }
        }
    }

    /// The server refused a question; it can be asked again.
    pub(crate) fn refused(&mut self, asked: &[Seq]) {
        let waits = |state: &State| matches!(state, State::Asked | State::Stale);
        self.0.retain(|seq, state| !waits(state) || !asked.contains(seq));
    }

    /// Changes a message.
    pub(crate) fn change(&mut self, seq: Seq, change: impl FnOnce(&mut Message)) {
        match self.0.get_mut(&seq) {
            Some(State::Known(message)) => change(message),
            Some(state @ State::Asked) => *state = State::Stale,
            Some(State::Stale | State::Hidden) | None => {}
        }
    }

    /// Drops every copy of what an erased user wrote.
    pub(crate) fn erase(&mut self, user: UserId) {
        for state in self.0.values_mut() {
            if let State::Known(message) = state {
                message.erase(user);
            }
        }
    }
}
