//! The bus between the nodes of one log.
//!
//! The bus carries no event of a durable topic; these are in the log that all nodes share. (The object from which a
//! Socket.IO guest's message is made is no event: it replaces the value that its guests get.) A bus may lose, repeat,
//! delay and reorder messages. A lost notification delays the subscribers of other nodes until a poll of the heads; it
//! never costs an event. The messages themselves are in [`crate::nodes::message`].

use bytes::Bytes;
use madang_shared::{Seq, Topic};
use tokio::sync::broadcast;

/// The messages that the in-process bus buffers for each listener. A slower listener misses the
/// oldest ones, and receives [`broadcast::error::RecvError::Lagged`].
const BUFFERED_MESSAGES: usize = 1024;

/// Connects the nodes of one log.
pub trait Bus: Send + Sync + 'static {
    /// Sends a message to all nodes, without waiting for them. The message may be lost.
    fn send(&self, message: Bytes);

    /// The messages of all nodes, our own included, from now on.
    fn listen(&self) -> broadcast::Receiver<Bytes>;
}

/// The notification that a topic has events up to a seq.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicAdvanced {
    /// The topic.
    pub topic: Topic,
    /// The seq of its last event.
    pub seq: Seq,
}

/// The engine for nodes that share a process, as in a test.
#[derive(Clone, Debug)]
pub struct InProcess {
    messages: broadcast::Sender<Bytes>,
}

impl Default for InProcess {
    fn default() -> Self {
        Self { messages: broadcast::Sender::new(BUFFERED_MESSAGES) }
    }
}

impl Bus for InProcess {
    fn send(&self, message: Bytes) {
        // An error means that there is no listener, which is allowed.
        self.messages.send(message).ok();
    }

    fn listen(&self) -> broadcast::Receiver<Bytes> {
        self.messages.subscribe()
    }
}
