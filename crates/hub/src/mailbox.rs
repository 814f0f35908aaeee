//! How a connection learns that topics have moved: a note per topic, never a copy of what moved.

use std::collections::BTreeSet;

use madang_shared::Topic;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// What there is to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// These topics have something new.
    pub moved: BTreeSet<Topic>,
    /// Whether the reader may still follow these is in doubt.
    pub doubted: BTreeSet<Topic>,
}

impl Notes {
    fn is_empty(&self) -> bool {
        self.moved.is_empty() && self.doubted.is_empty()
    }
}

/// Notes of which topics have something for a connection.
///
/// Memory is bounded by the connection's topics, however far it lags: a second note of the same
/// topic changes nothing. `Notify` rather than a channel, because a wake-up carries no data and any
/// number of them may be one.
#[derive(Debug, Default)]
pub struct Mailbox {
    notes: Mutex<Notes>,
    woken: Notify,
}

impl Mailbox {
    /// Notes that the topic has moved.
    pub fn note(&self, topic: Topic) {
        self.add(|notes| notes.moved.insert(topic));
    }

    /// Notes that the reader may have lost the right to the topic.
    pub fn doubt(&self, topic: Topic) {
        self.add(|notes| notes.doubted.insert(topic));
    }

    fn add(&self, add: impl FnOnce(&mut Notes) -> bool) {
        let mut notes = self.notes.lock();
        let first = notes.is_empty();
        add(&mut notes);
        if first {
            self.woken.notify_one();
        }
    }

    /// Whether there are notes.
    pub fn has_notes(&self) -> bool {
        !self.notes.lock().is_empty()
    }

    /// Takes all notes.
    pub fn take(&self) -> Notes {
        std::mem::take(&mut *self.notes.lock())
    }

    /// Waits until there is a note. Safe to drop at any point: no note is lost.
    pub async fn noted(&self) {
        while !self.has_notes() {
            self.woken.notified().await;
        }
    }
}
