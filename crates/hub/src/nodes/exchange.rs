//! How a hub exchanges messages with other nodes.

use bytes::Bytes;
use madang_shared::{Seq, Timestamp, Topic};
use tokio::sync::broadcast::{self, error::RecvError};

use super::message::{MessageError, NodeContent, NodeMessage};
use super::{NodeId, Outgoing, POLL_WITHOUT_BUS_MS, SharedLog};
use crate::bus::{Bus, TopicAdvanced};
use crate::ephemeral::AnyRegistration;
use crate::hub::Hub;
use crate::log::TopicEvent;
use crate::ports::TokenHash;

impl Hub {
    /// The same hub as one of several nodes over one log. It polls the heads of its topics at this interval, in
    /// milliseconds; see [`crate::nodes`].
    #[must_use]
    pub fn with_shared_log(mut self, node: NodeId, poll_ms: u64) -> Self {
        self = self.over_shared_log(SharedLog::new(poll_ms, Outgoing::new(node)));
        self.ephemeral_topics().all().for_each(AnyRegistration::join_nodes);
        self
    }

    /// The same hub as one of several nodes that no bus connects. It finds the events of the others by polling alone, and
    /// does not know their ephemeral states.
    #[must_use]
    pub fn with_shared_log_without_bus(self, node: NodeId) -> Self {
        self.over_shared_log(SharedLog::new(POLL_WITHOUT_BUS_MS, Outgoing::without_bus(node)))
    }

    /// Publishes events of this node's store to the subscribers of this node, and announces them to the
    /// other nodes.
    pub fn publish_and_announce(&self, appended: &[TopicEvent]) {
        self.publish(appended);
        for TopicEvent { topic, entry } in appended {
            self.note_advance(*topic, entry.seq);
            if let Some(shared) = self.shared_log() {
                shared.outgoing.announce(*topic, entry.seq);
            }
        }
    }

    /// The notifications that a topic has advanced, by a commit of this node or by the announcement of another one. A
    /// slow receiver loses the oldest ones.
    pub fn advances(&self) -> broadcast::Receiver<TopicAdvanced> {
        self.advances_sender().subscribe()
    }

    /// Polls a topic for [`Self::advances`] although it may have no subscribers. Without a call, and without a bus, the
    /// commits of other nodes are found for topics with subscribers alone.
    pub fn watch_advances(&self, topic: Topic) {
        if let Some(shared) = self.shared_log() {
            shared.watch(topic);
        }
    }

    pub(super) fn note_advance(&self, topic: Topic, seq: Seq) {
        // An error means that there is no receiver, which is allowed.
        self.advances_sender().send(TopicAdvanced { topic, seq }).ok();
    }

    /// Handles a message of a node. The messages of this node come back, and are ignored.
    ///
    /// # Errors
    /// [`MessageError`] for a message that this version does not understand. It is ignored.
    pub fn on_message(&self, message: &[u8]) -> Result<(), MessageError> {
        let Some(shared) = self.shared_log() else { return Ok(()) };
        let NodeMessage { from, log, content, .. } = NodeMessage::decode(message)?;
        if from == shared.outgoing.node() {
            return Ok(());
        }
        shared.others.heard(from);
        match content {
            // One of the two has not noticed yet that the log was replaced. A poll finds the events.
            NodeContent::Advanced(_) if log.is_some_and(|log| log != self.log_epoch()) => {}
            NodeContent::Advanced(topics) => {
                for (topic, seq) in topics {
                    self.on_announced(shared, topic, seq);
                }
            }
            NodeContent::SessionEnded(session) => {
                // An error means that there is no receiver, which is allowed.
                shared.session_ends().send(session).ok();
            }
            NodeContent::CountConnections { request, topic, seq } => {
                self.answer_counts(from, request, topic, seq);
            }
            NodeContent::ConnectionCounts { to, request, counts, is_last } => {
                if to == shared.outgoing.node() {
                    shared.others.on_answer(from, request, counts, is_last);
                }
            }
            NodeContent::Gateway(message) => self.on_gateway_message(from, message),
            content => self.on_ephemeral_message(from, &content),
        }
        Ok(())
    }

    /// Tells the other nodes that a session has ended, so that they close its connections.
    pub fn announce_session_end(&self, session: TokenHash) {
        if let Some(shared) = self.shared_log() {
            shared.outgoing.add(NodeContent::SessionEnded(session));
        }
    }

    /// The sessions that end on other nodes; `None` if there are none.
    pub fn session_ends(&self) -> Option<broadcast::Receiver<TokenHash>> {
        self.shared_log().map(|shared| shared.session_ends().subscribe())
    }

    /// Takes the messages for the other nodes.
    pub fn take_messages(&self) -> Vec<Bytes> {
        self.shared_log().map(|shared| shared.outgoing.take()).unwrap_or_default()
    }

    /// Sends the messages for the other nodes, without end.
    pub async fn run_sender(&self, bus: &dyn Bus) {
        let Some(shared) = self.shared_log() else { return std::future::pending().await };
        loop {
            for message in shared.outgoing.take() {
                bus.send(message);
            }
            shared.outgoing.added().await;
        }
    }

    /// Handles the messages of the other nodes, until the bus is closed. `report` gets those that this version does not
    /// understand.
    pub async fn run_listener(
        &self,
        mut messages: broadcast::Receiver<Bytes>,
        report: impl Fn(&MessageError),
    ) {
        loop {
            match messages.recv().await {
                Ok(message) => {
                    // Reported; it changes nothing.
                    self.on_message(&message).inspect_err(&report).ok();
                }
                // A poll of the heads finds the topics; states are sent again.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Hands a message of another node to the ephemeral features.
    pub(crate) fn on_ephemeral_message(&self, from: NodeId, content: &NodeContent) {
        for feature in self.ephemeral_topics().all() {
            feature.on_message(from, content, &|event| self.publish_ephemeral(&event));
        }
    }

    /// Collects the messages of the ephemeral features for the other nodes. `now` is the time of a tick, if this is one.
    pub(crate) fn collect_messages(&self, now: Option<Timestamp>) {
        let Some(shared) = self.shared_log() else { return };
        for feature in self.ephemeral_topics().all() {
            feature.take_messages(now).into_iter().for_each(|content| shared.outgoing.add(content));
        }
    }
}
