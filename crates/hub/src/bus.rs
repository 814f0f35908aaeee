//! Between nodes: word that a topic has moved.
//!
//! A bus says "look again", and carries nothing else: what happened is in the log that all nodes
//! share. So a bus may lose, repeat and delay; losing word costs its readers the time until the next
//! word of the topic, never an event.

use std::sync::Arc;

use madang_shared::{Seq, Topic};
use tokio::sync::broadcast;

use crate::hub::Hub;
use crate::ports::{Appended, Bus};

/// Words that a slow listener may have before it. It is told when it has missed some.
const WORDS: usize = 1024;

/// A topic has events up to here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Which topic.
    pub topic: Topic,
    /// Its last event.
    pub seq: Seq,
}

/// The engine for nodes that share a process: one node in the ordinary case, two in a test.
#[derive(Clone, Debug)]
pub struct InProcess {
    words: broadcast::Sender<Moved>,
}

impl Default for InProcess {
    fn default() -> Self {
        Self { words: broadcast::Sender::new(WORDS) }
    }
}

impl Bus for InProcess {
    fn announce(&self, moved: Moved) {
        // Nobody may be listening: then there is nobody to tell.
        let _listeners = self.words.send(moved).unwrap_or_default();
    }

    fn listen(&self) -> broadcast::Receiver<Moved> {
        self.words.subscribe()
    }
}

/// Hands what this node's store has appended to this node's readers, and word of it to the others.
pub fn spread(hub: &Hub, bus: &dyn Bus, appended: &[Appended]) {
    hub.publish(appended);
    for Appended { topic, logged } in appended {
        bus.announce(Moved { topic: *topic, seq: logged.seq });
    }
}

/// Follows the word of others, until the bus is gone. A node hears its own word too: that is behind
/// where it stands already, and changes nothing.
pub async fn follow(hub: Arc<Hub>, mut words: broadcast::Receiver<Moved>) {
    loop {
        match words.recv().await {
            Ok(Moved { topic, seq }) => hub.look_again(topic, seq),
            // The next word of each topic makes up for it.
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}
