//! The non-blocking sink of a connection, to which the fan-out writes.
//!
//! The fan-out (see `crate::fan_out`) writes events to the sockets itself, one batch per call, because
//! waking a task for each connection costs more than the write. The connection's task writes the rest:
//! frames for this connection alone, the remainder of a partial write, and the events that a slow
//! subscriber has missed.

use crate::frame::FrameBatch;

/// The socket of one connection, written to without waiting.
///
/// # Guarantee
/// Frames keep their order across both writers. The connection's task therefore holds its sink, which
/// answers [`TrySend::Busy`] meanwhile, from before it asks its session for effects until it has
/// written all of them.
pub trait FrameSink: Send + Sync {
    /// Accepts the whole batch or nothing.
    fn try_send(&self, batch: &FrameBatch) -> TrySend;
}

/// The answer of a sink to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrySend {
    /// The batch is written, or will be written before anything else.
    Accepted,
    /// Nothing was written: the connection's task is writing, has a remainder to write, or ends.
    Busy,
}
