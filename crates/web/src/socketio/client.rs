//! One client: the handlers of its connection queue its events in order, and its task takes them.

use std::future::ready;
use std::sync::Arc;

use madang_shared::limits::MAX_QUEUED_COMMANDS;
use parking_lot::Mutex;
use serde_json::Value;
use socketioxide::extract::{AckSender, Event, SocketRef, TryData};
use tokio::sync::mpsc::{self, Receiver, Sender, error::TrySendError};
use tokio_util::sync::CancellationToken;

use super::inbound::{refusal, stopping, too_fast};
use super::slot::Slot;

/// An event of a client.
pub(super) struct InboundEvent {
    pub(super) name: String,
    /// The first argument; none if it is missing or not JSON.
    pub(super) value: Option<Value>,
    pub(super) ack: AckSender,
}

/// One client.
pub(super) struct GatewayClient {
    queue: Sender<InboundEvent>,
    /// Taken by the client's task.
    events: Mutex<Option<Receiver<InboundEvent>>>,
    slot: Option<Arc<Slot>>,
    /// Cancelled when the client is disconnected.
    pub(super) disconnected: CancellationToken,
}

impl GatewayClient {
    /// Registers a client's handlers. No handler waits: `socketioxide` runs waiting handlers on tasks of their own, in
    /// no order.
    pub(super) fn register(socket: &SocketRef) {
        let (queue, events) = mpsc::channel(MAX_QUEUED_COMMANDS);
        let slot = socket.req_parts().extensions.get::<Arc<Slot>>().map(Arc::clone);
        let events = Mutex::new(Some(events));
        let disconnected = CancellationToken::new();
        let client = Arc::new(Self { queue, events, slot, disconnected: disconnected.clone() });
        socket.extensions.insert(Arc::clone(&client));
        socket.on_fallback(
            move |socket: SocketRef,
                  Event(name): Event,
                  TryData(value): TryData<Value>,
                  ack: AckSender| {
                client.enqueue(socket, InboundEvent { name, value: value.ok(), ack });
                ready(())
            },
        );
        socket.on_disconnect(move || {
            disconnected.cancel();
            ready(())
        });
    }

    /// The client's events, for its task; none at the second call.
    pub(super) fn take_events(&self) -> Option<Receiver<InboundEvent>> {
        self.events.lock().take()
    }

    fn enqueue(&self, socket: SocketRef, event: InboundEvent) {
        match self.queue.try_send(event) {
            Ok(()) => {}
            Err(TrySendError::Full(event)) => {
                refuse(&socket, event.ack, &refusal(&event.name, &too_fast()));
                tracing::info!(sid = %socket.id, "Socket.IO: a client's queue is full; it is disconnected");
                self.disconnect(socket);
            }
            Err(TrySendError::Closed(event)) => {
                refuse(&socket, event.ack, &refusal(&event.name, &stopping()));
            }
        }
    }

    /// Disconnects the client. If it does not even read the close, its connection ends.
    pub(super) fn disconnect(&self, socket: SocketRef) {
        if socket.disconnect().is_err()
            && let Some(slot) = &self.slot
        {
            slot.closed.cancel();
        }
        self.disconnected.cancel();
    }
}

/// Sends a refusal to a client, in the acknowledgement and as an event.
pub(super) fn refuse(socket: &SocketRef, ack: AckSender, refusal: &Value) {
    let acknowledged = ack.send(refusal).is_ok();
    send_refusal(socket, refusal);
    if !acknowledged {
        tracing::debug!(sid = %socket.id, "Socket.IO: a refusal could not be acknowledged");
    }
}

/// Sends a refusal to a client, as an event.
pub(super) fn send_refusal(socket: &SocketRef, refusal: &Value) {
    if let Err(error) = socket.emit("refused", refusal) {
        tracing::debug!(sid = %socket.id, %error, "Socket.IO: a refusal could not be sent");
    }
}
