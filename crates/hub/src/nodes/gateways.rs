//! The messages of the Socket.IO gateways, on their way between the nodes.

use madang_shared::delivery::GatewayReceipts;
use madang_shared::{Seq, Topic};
use tokio::sync::broadcast;

use super::NodeId;
use super::message::NodeContent;
use crate::gateway::{GatewayMessage, MessageReceipts};
use crate::hub::Hub;

impl Hub {
    /// Records the receipts of this node's guests, and tells them to the other nodes.
    pub fn record_receipts(&self, receipts: MessageReceipts) {
        self.send_to_gateways(|| GatewayMessage::Receipts(receipts.clone()));
        let node = self.shared_log().map_or(NodeId(0), |shared| shared.outgoing.node());
        self.receipts.record(node, receipts);
    }

    /// The receipts of one message, from all nodes; none while they are pending, if none were requested, or if later
    /// messages have replaced them.
    pub fn receipts_of(&self, topic: Topic, seq: Seq) -> Option<GatewayReceipts> {
        self.receipts.of(topic, seq)
    }

    /// The receipts of the latest messages, oldest first.
    pub fn recent_receipts(&self) -> Vec<MessageReceipts> {
        self.receipts.recent()
    }

    /// Sends a message to the gateways of the other nodes. It is not made if there are none.
    pub fn send_to_gateways(&self, message: impl FnOnce() -> GatewayMessage) {
        if let Some(shared) = self.shared_log() {
            shared.outgoing.add(NodeContent::Gateway(message()));
        }
    }

    /// The messages of the gateways of other nodes; `None` if there are no other nodes. A slow receiver loses the oldest
    /// ones.
    pub fn gateway_messages(&self) -> Option<broadcast::Receiver<GatewayMessage>> {
        self.shared_log().map(|shared| shared.gateway_messages().subscribe())
    }

    pub(crate) fn on_gateway_message(&self, from: NodeId, message: GatewayMessage) {
        match message {
            GatewayMessage::Receipts(receipts) => self.receipts.record(from, receipts),
            message => {
                if let Some(shared) = self.shared_log() {
                    // An error means that there is no receiver: this node has no guests.
                    shared.gateway_messages().send(message).ok();
                }
            }
        }
    }
}
