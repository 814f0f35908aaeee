//! Notifications between nodes: a topic has advanced.
//!
//! A notification carries no event; the events are in the log that all nodes share. A bus may
//! therefore lose, repeat and delay notifications. A lost one delays the subscribers of other nodes
//! until the next notification of the topic; it never costs an event.

use madang_shared::{Seq, Topic};
use tokio::sync::broadcast;

/// The notifications that the in-process bus buffers for each listener. A slower listener misses the
/// oldest ones, and receives [`broadcast::error::RecvError::Lagged`].
const BUFFERED_NOTIFICATIONS: usize = 1024;

/// Tells the other nodes that a topic has advanced.
pub trait Bus: Send + Sync + 'static {
    /// Notifies all listeners, without waiting for them. The notification may be lost.
    fn announce(&self, advanced: TopicAdvanced);

    /// The notifications of all nodes, our own included, from now on.
    fn listen(&self) -> broadcast::Receiver<TopicAdvanced>;
}

/// The notification that a topic has events up to a seq.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicAdvanced {
    /// The topic.
    pub topic: Topic,
    /// The seq of its last event.
    pub seq: Seq,
}

/// The engine for nodes that share a process: one node in production, several in a test.
#[derive(Clone, Debug)]
pub struct InProcess {
    notifications: broadcast::Sender<TopicAdvanced>,
}

impl Default for InProcess {
    fn default() -> Self {
        Self { notifications: broadcast::Sender::new(BUFFERED_NOTIFICATIONS) }
    }
}

impl Bus for InProcess {
    fn announce(&self, advanced: TopicAdvanced) {
        // An error means that there is no listener, which is allowed.
        self.notifications.send(advanced).ok();
    }

    fn listen(&self) -> broadcast::Receiver<TopicAdvanced> {
        self.notifications.subscribe()
    }
}
