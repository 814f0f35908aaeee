//! The gateways of the other nodes: what they send to the guests of all nodes.

use std::sync::Arc;

use madang_hub::gateway::GatewayMessage;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::gateway::Gateway;

/// The events that a gateway sends to its guests without the log.
const EVENTS: [&str; 8] = [
    "data",
    "my response",
    "json",
    "message",
    "connected",
    "disconnected",
    "connect",
    "disconnect",
];

/// Handles the messages of the other gateways, until this gateway is closed. Ends at once on the only node of a log.
pub(super) async fn run(gateway: Arc<Gateway>) {
    let Some(messages) = gateway.state.hub.gateway_messages() else { return };
    tokio::select! {
        () = listen(&gateway, messages) => {}
        () = gateway.closed.cancelled() => {}
    }
}

async fn listen(gateway: &Gateway, mut messages: Receiver<GatewayMessage>) {
    loop {
        match messages.recv().await {
            Ok(message) => on_message(gateway, message),
            // Unstored events may be missed.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

fn on_message(gateway: &Gateway, message: GatewayMessage) {
    match message {
        GatewayMessage::Event { topic, name, value } => {
            if let Some(name) = known(&name) {
                gateway.subscribers.broadcast(topic, &(name, value));
            }
        }
        GatewayMessage::Original { command, name, value } => {
            let has_clients = *gateway.subscribers.client_count.borrow() > 0;
            if let Some(name) = known(&name).filter(|_| has_clients) {
                gateway.originals.lock().insert_of_other(command, (name, value));
            }
        }
        // The hub keeps them.
        GatewayMessage::Receipts(_) => {}
    }
}

fn known(name: &str) -> Option<&'static str> {
    EVENTS.into_iter().find(|event| *event == name)
}
