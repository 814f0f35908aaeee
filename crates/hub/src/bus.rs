//! Between nodes: word that a topic has moved.
//!
//! A bus says "look again", and carries nothing else: what happened is in the log that all nodes
//! share. So a bus may lose, repeat and delay; losing word costs its readers the time until the next
//! word of the topic, never an event.

use std::sync::Arc;

use madang_shared::{Seq, Topic};
use tokio::sync::broadcast;

use crate::hub::Hub;
use crate::ports::{Bus, TopicEvent};

/// Words that a slow listener may have before it. It is told when it has missed some.
const WORDS: usize = 1024;

/// A topic has events up to here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicAdvanced {
    /// Which topic.
    pub topic: Topic,
    /// Its last event.
    pub seq: Seq,
}

/// The engine for nodes that share a process: one node in the ordinary case, two in a test.
#[derive(Clone, Debug)]
pub struct InProcess {
    words: broadcast::Sender<TopicAdvanced>,
}

impl Default for InProcess {
    fn default() -> Self {
        Self { words: broadcast::Sender::new(WORDS) }
    }
}

impl Bus for InProcess {
    fn announce(&self, advanced: TopicAdvanced) {
        // Nobody may be listening: then there is nobody to tell.
        let _listeners = self.words.send(advanced).unwrap_or_default();
    }

    fn listen(&self) -> broadcast::Receiver<TopicAdvanced> {
        self.words.subscribe()
    }
}

/// Hands what this node's store has appended to this node's readers, and word of it to the others.
pub fn publish_and_announce(hub: &Hub, bus: &dyn Bus, appended: &[TopicEvent]) {
    hub.publish(appended);
    for TopicEvent { topic, logged } in appended {
        bus.announce(TopicAdvanced { topic: *topic, seq: logged.seq });
    }
}

/// Follows the word of others, until the bus is gone. A node hears its own word too: that is behind
/// where it stands already, and changes nothing.
pub async fn listen(hub: Arc<Hub>, mut words: broadcast::Receiver<TopicAdvanced>) {
    loop {
        match words.recv().await {
            Ok(TopicAdvanced { topic, seq }) => hub.catch_up_to(topic, seq),
            // The next word of each topic makes up for it.
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}
