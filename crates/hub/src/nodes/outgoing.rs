//! The messages that a node has for the others.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use madang_shared::{Epoch, Seq, Topic};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::NodeId;
use super::message::{NodeContent, NodeMessage};

/// The topics in one message.
const ADVANCED_TOPICS: usize = 500;
/// The maximum number of waiting messages. While the bus takes none, the oldest ones are dropped: every message may be
/// lost.
const MAX_WAITING: usize = 1024;

/// The waiting messages of a node. Notifications of the same topic become one.
#[derive(Debug)]
pub(crate) struct Outgoing {
    node: NodeId,
    has_bus: bool,
    inner: Mutex<Inner>,
    added: Notify,
}

#[derive(Debug)]
struct Inner {
    /// Of the log that the notifications are about.
    log_epoch: Epoch,
    advanced: BTreeMap<Topic, Seq>,
    messages: VecDeque<NodeContent>,
}

impl Outgoing {
    pub(crate) fn new(node: NodeId) -> Self {
        Self { has_bus: true, ..Self::with_messages(node, [NodeContent::Started].into()) }
    }

    /// The messages of a node without a bus: none.
    pub(crate) fn without_bus(node: NodeId) -> Self {
        Self::with_messages(node, VecDeque::new())
    }

    fn with_messages(node: NodeId, messages: VecDeque<NodeContent>) -> Self {
        let inner = Inner { log_epoch: Epoch(0), advanced: BTreeMap::new(), messages };
        Self { node, has_bus: false, inner: Mutex::new(inner), added: Notify::new() }
    }

    pub(crate) fn node(&self) -> NodeId {
        self.node
    }

    pub(super) fn log_epoch(&self) -> Epoch {
        self.inner.lock().log_epoch
    }

    /// Drops the notifications about a log that was replaced.
    pub(super) fn replace_log(&self, epoch: Epoch) {
        let mut inner = self.inner.lock();
        inner.log_epoch = epoch;
        inner.advanced.clear();
    }

    pub(crate) fn announce(&self, topic: Topic, seq: Seq) {
        if !self.has_bus {
            return;
        }
        self.inner.lock().advanced.insert(topic, seq);
        self.added.notify_one();
    }

    pub(crate) fn add(&self, content: NodeContent) {
        if !self.has_bus {
            return;
        }
        let mut inner = self.inner.lock();
        inner.messages.push_back(content);
        if inner.messages.len() > MAX_WAITING {
            inner.messages.pop_front();
        }
        drop(inner);
        self.added.notify_one();
    }

    /// Takes all waiting messages, encoded.
    pub(crate) fn take(&self) -> Vec<Bytes> {
        let mut inner = self.inner.lock();
        let (advanced, log_epoch) = (std::mem::take(&mut inner.advanced), inner.log_epoch);
        let mut messages = std::mem::take(&mut inner.messages);
        drop(inner);
        let advanced: Vec<(Topic, Seq)> = advanced.into_iter().collect();
        let advanced = advanced.chunks(ADVANCED_TOPICS);
        messages.extend(advanced.map(|topics| NodeContent::Advanced(topics.to_vec())));
        let encode = |content| NodeMessage::new(self.node, content).about_log(log_epoch).encode();
        messages.into_iter().map(encode).collect()
    }

    /// Waits until there is a message. May return without one.
    pub(crate) async fn added(&self) {
        self.added.notified().await;
    }
}
