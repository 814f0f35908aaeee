//! Frames that are encoded once and written by every connection that wants them.

use bytes::Bytes;
use madang_shared::codec;
use madang_shared::{ServerFrame, Topic};

use crate::ports::Logged;

/// The text of one frame. A clone shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(Bytes);

impl Frame {
    /// Encodes a frame meant for one connection.
    pub fn of(frame: &ServerFrame) -> Self {
        Self(codec::encode_server(frame).into())
    }

    /// The frame of a logged event: the log's text goes out as it is.
    pub fn of_event(topic: Topic, logged: &Logged) -> Self {
        Self(codec::event_frame(topic, logged.seq, &logged.content).into())
    }

    /// UTF-8 text.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// How many bytes the text has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never; a frame holds at least its kind.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
