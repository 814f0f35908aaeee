//! One client, as its connection's handlers see it: what it says goes into a queue, in its order.

use std::future::ready;
use std::sync::Arc;

use madang_shared::limits::MAX_QUEUED_COMMANDS;
use parking_lot::Mutex;
use serde_json::Value;
use socketioxide::extract::{AckSender, Event, SocketRef, TryData};
use tokio::sync::mpsc::{self, Receiver, Sender, error::TrySendError};
use tokio_util::sync::CancellationToken;

use super::door::Place;

/// Something that a client said.
pub(super) struct Heard {
    pub(super) event: String,
    /// Its first argument; none where there is none that is JSON.
    pub(super) value: Option<Value>,
    pub(super) ack: AckSender,
}

/// One client.
pub(super) struct Visitor {
    said: Sender<Heard>,
    /// Taken by the task that serves the client.
    hearing: Mutex<Option<Receiver<Heard>>>,
    place: Option<Arc<Place>>,
    /// Cancelled when the client is gone.
    pub(super) gone: CancellationToken,
}

impl Visitor {
    /// Makes a client's handlers. None of them waits: `socketioxide` runs what waits on tasks of its own,
    /// whose order is nobody's.
    pub(super) fn receive(socket: &SocketRef) {
        let (said, hearing) = mpsc::channel(MAX_QUEUED_COMMANDS);
        let place = socket.req_parts().extensions.get::<Arc<Place>>().map(Arc::clone);
        let hearing = Mutex::new(Some(hearing));
        let visitor = Arc::new(Self { said, hearing, place, gone: CancellationToken::new() });
        socket.extensions.insert(Arc::clone(&visitor));
        let leaving = visitor.gone.clone();
        socket.on_fallback(
            move |socket: SocketRef,
                  Event(event): Event,
                  TryData(value): TryData<Value>,
                  ack: AckSender| {
                visitor.hear(socket, Heard { event, value: value.ok(), ack });
                ready(())
            },
        );
        socket.on_disconnect(move || {
            leaving.cancel();
            ready(())
        });
    }

    /// What the client says, for the one task that takes it.
    pub(super) fn hearing(&self) -> Option<Receiver<Heard>> {
        self.hearing.lock().take()
    }

    fn hear(&self, socket: SocketRef, heard: Heard) {
        match self.said.try_send(heard) {
            Ok(()) => {}
            Err(TrySendError::Full(heard)) => {
                let refusal = super::said::refusal(&heard.event, &super::said::too_fast());
                refuse(&socket, heard.ack, &refusal);
                tracing::info!(sid = %socket.id, "Socket.IO: a client says more than is taken; it is let go");
                self.dismiss(socket);
            }
            Err(TrySendError::Closed(heard)) => {
                let refusal = super::said::refusal(&heard.event, &super::said::stopping());
                refuse(&socket, heard.ack, &refusal);
            }
        }
    }

    /// Lets the client go; also one that takes nothing any more, not even a goodbye.
    pub(super) fn dismiss(&self, socket: SocketRef) {
        let told = socket.disconnect().is_ok();
        if !told && let Some(place) = &self.place {
            place.ended.cancel();
        }
        self.gone.cancel();
    }
}

/// Tells a client that something was refused: in its callback, and as an event.
pub(super) fn refuse(socket: &SocketRef, ack: AckSender, refusal: &Value) {
    let heard = ack.send(refusal).is_ok() & socket.emit("refused", refusal).is_ok();
    if !heard {
        tracing::debug!(sid = %socket.id, "Socket.IO: a refusal found nobody to hear it");
    }
}
