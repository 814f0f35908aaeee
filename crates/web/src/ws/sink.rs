//! A connection's sink for the fan-out, which writes to the socket without waking the connection's task.

use std::fmt;
use std::sync::OnceLock;

use bytes::{Bytes, BytesMut};
use madang_hub::Frame;
use madang_hub::frame::{Encoded, Encoding, FrameBatch};
use madang_hub::sink::{FrameSink, TrySend};
use madang_websocket::{SendOutcome, Sender, Window};
use tokio::sync::Notify;

use super::transport::{encoded, encoding_of, window_of};

/// The sink of one connection. It is held at first: see [`FrameSink`].
pub(crate) struct ConnectionSink {
    sender: Sender,
    /// Notified when the socket took only a part of a write, and the task has to send the rest.
    unsent: Notify,
}

impl ConnectionSink {
    pub(crate) fn new(sender: Sender) -> Self {
        sender.hold();
        Self { sender, unsent: Notify::new() }
    }

    /// Stops the fan-out from writing, because the task is about to write.
    pub(crate) fn hold(&self) {
        self.sender.hold();
    }

    /// Lets the fan-out write; the task has written all of its frames.
    pub(crate) fn release(&self) {
        self.sender.release();
    }

    /// Completes when the fan-out has left a part of a write unsent. Cancel-safe.
    pub(crate) async fn unsent(&self) {
        self.unsent.notified().await;
    }
}

impl fmt::Debug for ConnectionSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionSink").field("sender", &self.sender).finish_non_exhaustive()
    }
}

impl FrameSink for ConnectionSink {
    fn try_send(&self, batch: &FrameBatch) -> TrySend {
        let Some(bytes) = joined(batch, self.sender.window()) else { return TrySend::Busy };
        match self.sender.try_send(bytes) {
            Ok(SendOutcome::Complete) => TrySend::Accepted,
            Ok(SendOutcome::Buffered) => {
                self.unsent.notify_one();
                TrySend::Accepted
            }
            // After an error the connection's task writes, and fails with the same error.
            Ok(SendOutcome::Busy) | Err(_) => TrySend::Busy,
        }
    }
}

/// The frames of a batch joined into one piece, for each compression window: one large write costs less than many
/// small ones.
#[derive(Default)]
struct JoinedBatch {
    plain: OnceLock<Option<Bytes>>,
    compressed: [OnceLock<Option<Bytes>>; Window::COUNT],
}

fn joined(batch: &FrameBatch, window: Option<Window>) -> Option<&Bytes> {
    if let [frame] = batch.frames() {
        return encoded(frame, window);
    }
    batch.encoded(encoding_of(window), JoinedBatch::default)
}

impl Encoded for JoinedBatch {
    fn bytes(&self, frames: &[Frame], encoding: Encoding) -> Option<&Bytes> {
        let window = window_of(encoding);
        let joined = match window {
            None => &self.plain,
            Some(window) => self.compressed.get(window.index())?,
        };
        joined.get_or_init(|| join(frames, window)).as_ref()
    }

    fn is_made(&self, encoding: Encoding) -> bool {
        match window_of(encoding) {
            None => self.plain.get().is_some(),
            Some(window) => {
                self.compressed.get(window.index()).is_some_and(|made| made.get().is_some())
            }
        }
    }
}

fn join(frames: &[Frame], window: Option<Window>) -> Option<Bytes> {
    let pieces: Option<Vec<&Bytes>> = frames.iter().map(|frame| encoded(frame, window)).collect();
    let pieces = pieces?;
    let mut all = BytesMut::with_capacity(pieces.iter().map(|piece| piece.len()).sum());
    for piece in pieces {
        all.extend_from_slice(piece);
    }
    Some(all.freeze())
}
