//! Frames that are encoded once and written by every connection that wants them.

use std::sync::Arc;

use bytes::Bytes;
use madang_shared::codec;
use madang_shared::{ServerFrame, Topic};

use crate::ports::LogEntry;
use crate::sink::EncodedCache;

/// The text of one frame. A clone shares the bytes, and what the edge made of them.
#[derive(Clone, Debug)]
pub struct Frame(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    text: Bytes,
    wire: EncodedCache,
}

impl Frame {
    /// Encodes a frame meant for one connection.
    pub fn of(frame: &ServerFrame) -> Self {
        Self::new(codec::encode_server(frame))
    }

    /// The frame of a logged event: the log's text goes out as it is.
    pub fn of_event(topic: Topic, logged: &LogEntry) -> Self {
        Self::new(codec::event_frame(topic, logged.seq, &logged.content))
    }

    fn new(text: impl Into<Bytes>) -> Self {
        Self(Arc::new(Inner { text: text.into(), wire: EncodedCache::default() }))
    }

    /// UTF-8 text.
    pub fn bytes(&self) -> &Bytes {
        &self.0.text
    }

    /// See [`EncodedCache`].
    pub fn encoded(&self) -> &EncodedCache {
        &self.0.wire
    }

    /// How many bytes the text has.
    pub fn len(&self) -> usize {
        self.0.text.len()
    }

    /// Never; a frame holds at least its kind.
    pub fn is_empty(&self) -> bool {
        self.0.text.is_empty()
    }
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for Frame {}
