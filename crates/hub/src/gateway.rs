//! The Socket.IO gateways of all nodes: the messages between them, and the receipts of their guests.
//!
//! The events of the log reach the guests of every node by themselves. Everything else that a gateway sends to its
//! guests goes to the gateways of the other nodes in a [`GatewayMessage`]. Each message may be lost; then the guests of
//! the other nodes miss an unstored event, or get a message in its stored form.

use std::collections::VecDeque;

use madang_shared::delivery::GatewayReceipts;
use madang_shared::{CommandId, Seq, Topic};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::nodes::NodeId;

/// Limit for the messages whose receipts are kept.
const MAX_KEPT: usize = 256;

/// A message of a node's gateway to those of the other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayMessage {
    /// An event that is not in the log, for the guests of a topic: a guest has connected, for example.
    Event {
        /// Which topic.
        topic: Topic,
        /// The name of the event.
        name: String,
        /// Its value.
        value: Value,
    },
    /// The object from which a guest's message is made. The message follows in the log, and its event has this value.
    Original {
        /// The command that stores the message.
        command: CommandId,
        /// The name of the event.
        name: String,
        /// Its value.
        value: Value,
    },
    /// The receipts of the sender's guests.
    Receipts(MessageReceipts),
}

/// The receipts of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReceipts {
    /// The topic of the message.
    pub topic: Topic,
    /// Its seq.
    pub seq: Seq,
    /// The number of guests that were requested to confirm.
    pub requested: u64,
    /// The ids of the guests that confirmed in time.
    pub confirmed: Vec<String>,
}

/// The receipts of the latest messages, from the guests of all nodes.
#[derive(Debug, Default)]
pub(crate) struct ReceiptTable(Mutex<VecDeque<ReceiptsOfNodes>>);

#[derive(Debug)]
struct ReceiptsOfNodes {
    receipts: MessageReceipts,
    /// The nodes whose receipts are included, because a message between nodes may be repeated.
    nodes: Vec<NodeId>,
}

impl ReceiptTable {
    /// Adds the receipts of a node's guests, once for each node and message.
    pub(crate) fn record(&self, from: NodeId, receipts: MessageReceipts) {
        let mut recent = self.0.lock();
        let is_same = |it: &&mut ReceiptsOfNodes| {
            it.receipts.topic == receipts.topic && it.receipts.seq == receipts.seq
        };
        match recent.iter_mut().rev().find(is_same) {
            Some(known) if known.nodes.contains(&from) => {}
            Some(known) => {
                known.receipts.requested += receipts.requested;
                known.receipts.confirmed.extend(receipts.confirmed);
                known.nodes.push(from);
            }
            None => {
                if recent.len() == MAX_KEPT {
                    recent.pop_front();
                }
                recent.push_back(ReceiptsOfNodes { receipts, nodes: vec![from] });
            }
        }
    }

    pub(crate) fn of(&self, topic: Topic, seq: Seq) -> Option<GatewayReceipts> {
        let recent = self.0.lock();
        let mut latest = recent.iter().rev().map(|it| &it.receipts);
        let receipts = latest.find(|it| it.topic == topic && it.seq == seq)?;
        let confirmed = receipts.confirmed.clone();
        Some(GatewayReceipts { requested: receipts.requested, confirmed })
    }

    /// Oldest first.
    pub(crate) fn recent(&self) -> Vec<MessageReceipts> {
        self.0.lock().iter().map(|it| it.receipts.clone()).collect()
    }
}
