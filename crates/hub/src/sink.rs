//! A connection's way out, as the fan-out sees it.
//!
//! What is told to many is written to their sockets by the fan-out itself (see `crate::fan_out`), in
//! one call for everything that waits: waking a task per connection costs more than the writing. The
//! connection's task writes what only this connection hears, what is left over of a write that the
//! socket did not take whole, and what a slow reader has to catch up with.

use std::any::Any;
use std::fmt;
use std::sync::OnceLock;

use crate::frame::Frame;

/// One connection's socket, written to without waiting.
///
/// # Guarantee
/// What is said here keeps its order with what the connection's task writes. So the task holds its
/// outlet, which answers [`TrySend::Busy`] meanwhile, from before it asks its session for effects until
/// it has written them all.
pub trait FrameSink: Send + Sync {
    /// Takes all of it, or nothing.
    fn try_send(&self, batch: &FrameBatch) -> TrySend;
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrySend {
    /// It is written, or will be before anything else.
    Accepted,
    /// Nothing of it: the connection's task is writing, has something left to write, or ends.
    Busy,
}

/// Frames that follow each other in a topic, written as one to every reader who stands before them.
#[derive(Debug)]
pub struct FrameBatch {
    frames: Vec<Frame>,
    wire: EncodedCache,
}

impl FrameBatch {
    pub(crate) fn new(frames: Vec<Frame>) -> Self {
        Self { frames, wire: EncodedCache::default() }
    }

    /// The frames, in their order.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// What the edge makes of them, made when the first outlet asks and shared by all.
    pub fn encoded(&self) -> &EncodedCache {
        &self.wire
    }
}

/// A place where the edge keeps what it made of a frame or a batch for the wire. Made once, whoever
/// asks first; the domain does not know what it is.
#[derive(Default)]
pub struct EncodedCache(OnceLock<Box<dyn Any + Send + Sync>>);

impl EncodedCache {
    /// What was made, made now if it was not there. None if something of another type was made: an
    /// edge uses one.
    pub fn get_or_make<W: Any + Send + Sync>(&self, make: impl FnOnce() -> W) -> Option<&W> {
        self.0.get_or_init(|| Box::new(make())).downcast_ref()
    }
}

impl fmt::Debug for EncodedCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() { "Wire(made)" } else { "Wire" })
    }
}
