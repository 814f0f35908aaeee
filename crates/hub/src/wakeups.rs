//! The wakeups of a connection: the set of its topics that have advanced. A wakeup carries no event.

use std::collections::BTreeSet;

use madang_shared::Topic;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// The topics that a connection has to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingTopics {
    /// Topics that have advanced.
    pub advanced: BTreeSet<Topic>,
    /// Topics that the user may have lost the right to read.
    pub recheck: BTreeSet<Topic>,
    /// Whether the connection's watch of a read count has a result.
    pub read_count: bool,
    /// Whether the facts about the server have changed.
    pub workspace: bool,
}

impl PendingTopics {
    fn is_empty(&self) -> bool {
        self.advanced.is_empty() && self.recheck.is_empty() && !self.read_count && !self.workspace
    }
}

/// The pending topics of one connection.
///
/// Memory is bounded by the connection's topics, however far it lags: marking a topic again changes nothing. `Notify`
/// is used instead of a channel, because a wakeup carries no data and any number of wakeups may be merged into one.
#[derive(Debug, Default)]
pub struct TopicWakeups {
    pending: Mutex<PendingTopics>,
    marked: Notify,
}

impl TopicWakeups {
    /// Marks the topic as advanced.
    pub fn mark_advanced(&self, topic: Topic) {
        self.mark(|pending| pending.advanced.insert(topic));
    }

    /// Marks the topic for an access check.
    pub fn request_access_check(&self, topic: Topic) {
        self.mark(|pending| pending.recheck.insert(topic));
    }

    /// Marks the watch of a read count.
    pub(crate) fn mark_read_count(&self) {
        self.mark(|pending| !std::mem::replace(&mut pending.read_count, true));
    }

    /// Marks the facts about the server.
    pub(crate) fn mark_workspace(&self) {
        self.mark(|pending| !std::mem::replace(&mut pending.workspace, true));
    }

    fn mark(&self, mark: impl FnOnce(&mut PendingTopics) -> bool) {
        let mut pending = self.pending.lock();
        let is_first = pending.is_empty();
        mark(&mut pending);
        if is_first {
            self.marked.notify_one();
        }
    }

    /// Whether a topic is marked.
    pub fn has_pending(&self) -> bool {
        !self.pending.lock().is_empty()
    }

    /// Takes all marks.
    pub fn take(&self) -> PendingTopics {
        std::mem::take(&mut *self.pending.lock())
    }

    /// Waits until a topic is marked. Safe to drop at any point: no mark is lost.
    pub async fn changed(&self) {
        while !self.has_pending() {
            self.marked.notified().await;
        }
    }
}
