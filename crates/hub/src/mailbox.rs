//! How a connection learns that topics have moved: a note per topic, never a copy of what moved.

use std::collections::BTreeSet;

use madang_shared::Topic;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Notes of which topics have something for a connection.
///
/// Memory is bounded by the connection's topics, however far it lags: a second note of the same
/// topic changes nothing. `Notify` rather than a channel, because a wake-up carries no data and any
/// number of them may be one.
#[derive(Debug, Default)]
pub struct Mailbox {
    moved: Mutex<BTreeSet<Topic>>,
    woken: Notify,
}

impl Mailbox {
    /// Notes that the topic has moved.
    pub fn note(&self, topic: Topic) {
        let mut moved = self.moved.lock();
        let first = moved.is_empty();
        moved.insert(topic);
        if first {
            self.woken.notify_one();
        }
    }

    /// Whether there are notes.
    pub fn has_notes(&self) -> bool {
        !self.moved.lock().is_empty()
    }

    /// Takes all notes.
    pub fn take(&self) -> BTreeSet<Topic> {
        std::mem::take(&mut *self.moved.lock())
    }

    /// Waits until there is a note. Safe to drop at any point: no note is lost.
    pub async fn noted(&self) {
        while !self.has_notes() {
            self.woken.notified().await;
        }
    }
}
