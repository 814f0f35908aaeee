//! One client: the handlers of its connection queue its events in order, and its task takes them.

use std::future::ready;
use std::sync::Arc;

use madang_shared::Failure;
use parking_lot::Mutex;
use serde_json::Value;
use socketioxide::extract::{AckSender, Event, SocketRef, TryData};
use tokio::sync::mpsc::{self, Receiver, Sender, error::TrySendError};
use tokio_util::sync::CancellationToken;

use super::inbound::{refusal, stopping, too_fast, too_long};
use super::limits::MAX_QUEUED_EVENTS;
use super::outbound::{EncodedEvent, OutboundEvent, refusal_in_vocabulary};
use super::packets::InboundContent;
use super::slot::Slot;
use super::token::TokenClient;
use super::waiting_bytes::HeldBytes;

/// An event of a client.
pub(super) struct InboundEvent {
    pub(super) content: InboundContent,
    pub(super) ack: AckSender,
    /// Its bytes, which count as waiting.
    pub(super) _held: Option<HeldBytes>,
}

/// One client.
pub(super) struct GatewayClient {
    queue: Sender<InboundEvent>,
    /// Taken by the client's task.
    events: Mutex<Option<Receiver<InboundEvent>>>,
    slot: Option<Arc<Slot>>,
    /// None for a guest.
    pub(super) token: Option<Arc<TokenClient>>,
    /// Cancelled when the client is disconnected.
    pub(super) disconnected: CancellationToken,
}

impl GatewayClient {
    /// Registers a client's handlers. No handler waits: `socketioxide` runs waiting handlers on tasks of their own, in
    /// no order.
    pub(super) fn register(socket: &SocketRef, token: Option<Arc<TokenClient>>) {
        let (queue, events) = mpsc::channel(MAX_QUEUED_EVENTS);
        let slot = socket.req_parts().extensions.get::<Arc<Slot>>().map(Arc::clone);
        let events = Mutex::new(Some(events));
        let disconnected = CancellationToken::new();
        let ended = disconnected.clone();
        let client = Arc::new(Self { queue, events, slot, token, disconnected: ended });
        socket.extensions.insert(Arc::clone(&client));
        socket.on_fallback(
            move |socket: SocketRef,
                  Event(name): Event,
                  TryData(value): TryData<Value>,
                  ack: AckSender| {
                client.enqueue(socket, InboundContent::new(name, value.ok()), ack);
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

    fn enqueue(&self, socket: SocketRef, content: InboundContent, ack: AckSender) {
        if let InboundContent::TooLong(name) = &content {
            // At once, because the connection may end after it.
            return self.refuse(&socket, ack, name, &too_long());
        }
        let name = content.name();
        let held = match &self.slot {
            None => None,
            Some(slot) => match HeldBytes::reserve(&slot.inbound, content.bytes()) {
                Some(held) => Some(held),
                None => return self.disconnect_too_fast(socket, ack, &name),
            },
        };
        match self.queue.try_send(InboundEvent { content, ack, _held: held }) {
            Ok(()) => {}
            Err(TrySendError::Full(event)) => self.disconnect_too_fast(socket, event.ack, &name),
            Err(TrySendError::Closed(event)) => {
                self.refuse(&socket, event.ack, &name, &stopping());
            }
        }
    }

    fn disconnect_too_fast(&self, socket: SocketRef, ack: AckSender, name: &str) {
        self.refuse(&socket, ack, name, &too_fast());
        tracing::info!(sid = %socket.id, "Socket.IO: a client's queue is full; it is disconnected");
        self.disconnect(socket);
    }

    /// Counts bytes as waiting for the client. Returns whether there is room for them.
    pub(super) fn reserve_outbound(&self, bytes: usize) -> bool {
        self.slot.as_ref().is_none_or(|slot| slot.outbound.reserve(bytes))
    }

    /// Counts bytes as not waiting, because they were not sent.
    pub(super) fn release_outbound(&self, bytes: usize) {
        if let Some(slot) = &self.slot {
            slot.outbound.release(bytes);
        }
    }

    /// Sends a refusal: in the acknowledgement, as the event `refused`, and to a page that knows neither as an event of
    /// its vocabulary.
    pub(super) fn refuse(
        &self,
        socket: &SocketRef,
        ack: AckSender,
        event: &str,
        failure: &Failure,
    ) {
        let refusal = refusal(event, failure);
        if let Err(error) = ack.send(&refusal) {
            tracing::debug!(sid = %socket.id, %error, "Socket.IO: a refusal could not be acknowledged");
        }
        self.send_refusal(socket, &("refused", refusal));
        if let Some(event) = refusal_in_vocabulary(event, failure) {
            self.send_refusal(socket, &event);
        }
    }

    /// Sends a refusal as an event.
    pub(super) fn send_refusal(&self, socket: &SocketRef, event: &OutboundEvent) {
        let event = EncodedEvent::new(event);
        if !self.reserve_outbound(event.bytes()) {
            tracing::debug!(sid = %socket.id, "Socket.IO: a client does not read; a refusal is dropped");
        } else if let Err(error) = socket.emit(event.name, &event.value) {
            tracing::debug!(sid = %socket.id, %error, "Socket.IO: a refusal could not be sent");
        }
    }

    /// Disconnects a client that does not read. Its connection ends at once, and the bytes that wait for it are freed.
    pub(super) fn drop_connection(&self, socket: SocketRef) {
        self.disconnect(socket);
        if let Some(slot) = &self.slot {
            slot.closed.cancel();
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
