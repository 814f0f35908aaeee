//! How a connection learns that topics have moved: a note per topic, never a copy of what moved.

use std::collections::BTreeSet;

use madang_shared::Topic;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// What there is to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// These topics have something new.
    pub advanced: BTreeSet<Topic>,
    /// Whether the reader may still follow these is in doubt.
    pub recheck: BTreeSet<Topic>,
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.advanced.is_empty() && self.recheck.is_empty()
    }
}

/// Notes of which topics have something for a connection.
///
/// Memory is bounded by the connection's topics, however far it lags: a second note of the same
/// topic changes nothing. `Notify` rather than a channel, because a wake-up carries no data and any
/// number of them may be one.
#[derive(Debug, Default)]
pub struct TopicWakeups {
    pending: Mutex<Pending>,
    woken: Notify,
}

impl TopicWakeups {
    /// Notes that the topic has moved.
    pub fn note(&self, topic: Topic) {
        self.add(|pending| pending.advanced.insert(topic));
    }

    /// Notes that the reader may have lost the right to the topic.
    pub fn request_access_check(&self, topic: Topic) {
        self.add(|pending| pending.recheck.insert(topic));
    }

    fn add(&self, add: impl FnOnce(&mut Pending) -> bool) {
        let mut pending = self.pending.lock();
        let first = pending.is_empty();
        add(&mut pending);
        if first {
            self.woken.notify_one();
        }
    }

    /// Whether there are notes.
    pub fn has_pending(&self) -> bool {
        !self.pending.lock().is_empty()
    }

    /// Takes all notes.
    pub fn take(&self) -> Pending {
        std::mem::take(&mut *self.pending.lock())
    }

    /// Waits until there is a note. Safe to drop at any point: no note is lost.
    pub async fn changed(&self) {
        while !self.has_pending() {
            self.woken.notified().await;
        }
    }
}
