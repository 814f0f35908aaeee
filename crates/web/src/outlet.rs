//! A connection's way out for the hub's fan-out, which writes to the socket without its task.

use std::fmt;
use std::sync::OnceLock;

use bytes::{Bytes, BytesMut};
use madang_hub::sink::{FrameBatch, FrameSink, TrySend};
use madang_websocket::{Sender, Window};
use tokio::sync::Notify;

use crate::transport::on_wire;

/// One connection's way out. Held at first: see [`FrameSink`].
pub(crate) struct Way {
    sender: Sender,
    /// A part of a write is left over for the task.
    left: Notify,
}

impl Way {
    pub(crate) fn new(sender: Sender) -> Self {
        sender.hold();
        Self { sender, left: Notify::new() }
    }

    /// Keeps the fan-out from writing.
    pub(crate) fn hold(&self) {
        self.sender.hold();
    }

    /// Everything before is written: lets the fan-out write.
    pub(crate) fn release(&self) {
        self.sender.release();
    }

    /// Completes when there is something left over of what the fan-out wrote. Safe to drop at any
    /// point.
    pub(crate) async fn left(&self) {
        self.left.notified().await;
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way").field("sender", &self.sender).finish_non_exhaustive()
    }
}

impl FrameSink for Way {
    fn try_send(&self, batch: &FrameBatch) -> TrySend {
        let Some(bytes) = joined(batch, self.sender.window()) else { return TrySend::Busy };
        match self.sender.try_send(bytes) {
            Ok(madang_websocket::SendOutcome::Complete) => TrySend::Accepted,
            Ok(madang_websocket::SendOutcome::Buffered) => {
                self.left.notify_one();
                TrySend::Accepted
            }
            // What is broken, the task finds out when it writes what it was left.
            Ok(madang_websocket::SendOutcome::Busy) | Err(_) => TrySend::Busy,
        }
    }
}

/// The frames of a batch in one piece, for each way to compress: a call that writes one piece costs
/// less than one that writes many.
#[derive(Default)]
struct Joined {
    plain: OnceLock<Option<Bytes>>,
    compressed: [OnceLock<Option<Bytes>>; Window::COUNT],
}

fn joined(batch: &FrameBatch, window: Option<Window>) -> Option<&Bytes> {
    if let [frame] = batch.frames() {
        return on_wire(frame, window);
    }
    let joined: &Joined = batch.encoded().get_or_make(Joined::default)?;
    let form = match window {
        None => &joined.plain,
        Some(window) => joined.compressed.get(window.index())?,
    };
    form.get_or_init(|| join(batch, window)).as_ref()
}

fn join(batch: &FrameBatch, window: Option<Window>) -> Option<Bytes> {
    let forms: Option<Vec<&Bytes>> =
        batch.frames().iter().map(|frame| on_wire(frame, window)).collect();
    let forms = forms?;
    let mut all = BytesMut::with_capacity(forms.iter().map(|form| form.len()).sum());
    for form in forms {
        all.extend_from_slice(form);
    }
    Some(all.freeze())
}
