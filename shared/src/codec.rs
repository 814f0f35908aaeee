//! The only place where a message becomes text, or text a message.
//!
//! What a server reads and writes goes through `serde_json`, what a client reads and writes through
//! [`compact`]: the same wire, of the same derives.
//!
//! JSON in text frames, one value per frame. A newer peer may send variants that this version does
//! not know; those come back as an [`DecodeError`] that says as much of the frame as could be read, so
//! that the connection lives and positions stay true.

use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::compact;
use crate::failure::{ErrorCode, Failure};
use crate::features::{Event, Topic};
use crate::frames::{ClientFrame, ErrorContext, ServerFrame};
use crate::ids::{CommandId, QueryId};
use crate::position::Seq;

/// A frame that could not be turned into a message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Not JSON, or not of any shape that the protocol knows.
    #[error("not a frame of this protocol: {0}")]
    Malformed(String),
    /// An event of a known topic, with content from a newer peer. It has its place in the stream.
    #[error("event {seq:?} of {topic} is of a kind that this version does not know")]
    Event {
        /// Which topic.
        topic: Topic,
        /// The event's place.
        seq: Seq,
    },
    /// A well-formed request, with content from a newer peer.
    #[error("a request of a kind that this version does not know")]
    Request(ErrorContext),
    /// A frame in outline, but its kind or its content is not what this version knows.
    #[error("not a frame that this version knows: {0}")]
    Unsupported(String),
}

impl DecodeError {
    /// The refusal to answer with, and what it is about.
    pub fn refusal(&self) -> (ErrorContext, Failure) {
        let unsupported = Failure::new(ErrorCode::Unsupported, self.to_string());
        match self {
            Self::Malformed(_) => {
                (ErrorContext::Frame, Failure::new(ErrorCode::Malformed, self.to_string()))
            }
            Self::Request(about) => (*about, unsupported),
            Self::Event { topic, .. } => (ErrorContext::Topic(*topic), unsupported),
            Self::Unsupported(_) => (ErrorContext::Frame, unsupported),
        }
    }
}

/// A frame from a client, as text.
pub fn encode_client(frame: &ClientFrame) -> String {
    compact::to_text(frame)
}

/// A frame from the server, as text.
pub fn encode_server(frame: &ServerFrame) -> String {
    to_text(frame)
}

/// An event's content alone, as the log keeps it.
pub fn encode_event(event: &Event) -> String {
    to_text(event)
}

/// The text of [`ServerFrame::Event`] around content that [`encode_event`] made: what the log keeps
/// goes to the wire without being read again.
pub fn event_frame(topic: Topic, seq: Seq, content: &str) -> String {
    format!(r#"{{"event":{{"topic":"{topic}","seq":{},"event":{content}}}}}"#, seq.0)
}

/// Reads a frame from a client.
///
/// # Errors
/// [`DecodeError`], which says how much of the frame could be read.
pub fn decode_client(text: &str) -> Result<ClientFrame, DecodeError> {
    /// As much of a request as every version agrees on.
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Outline {
        Command { id: CommandId },
        Query { id: QueryId },
    }
    from_text(text).map_err(|error| match serde_json::from_str(text) {
        Ok(Outline::Command { id }) => DecodeError::Request(ErrorContext::Command(id)),
        Ok(Outline::Query { id }) => DecodeError::Request(ErrorContext::Query(id)),
        Err(_) if is_in_outline(text) => DecodeError::Unsupported(error.to_string()),
        Err(_) => DecodeError::Malformed(error.to_string()),
    })
}

/// Reads a frame from the server.
///
/// # Errors
/// [`DecodeError`], which says how much of the frame could be read.
pub fn decode_server(text: &str) -> Result<ServerFrame, DecodeError> {
    /// As much of an event as every version agrees on.
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Outline {
        Event { topic: Topic, seq: Seq },
    }
    compact::from_text(text).map_err(|error| match compact::from_text(text) {
        Ok(Outline::Event { topic, seq }) => DecodeError::Event { topic, seq },
        Err(_) if is_in_outline(text) => DecodeError::Unsupported(error.to_string()),
        Err(_) => DecodeError::Malformed(error.to_string()),
    })
}

/// Reads an event's content, as the log keeps it.
///
/// # Errors
/// [`DecodeError::Malformed`] if a newer version wrote it, or if it is damaged.
pub fn decode_event(content: &str) -> Result<Event, DecodeError> {
    from_text(content).map_err(|error| DecodeError::Malformed(error.to_string()))
}

/// Reads a part of a message, as a database made it.
///
/// # Errors
/// [`DecodeError::Malformed`] if it is no such part.
pub fn decode_part<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    from_text(text).map_err(|error| DecodeError::Malformed(error.to_string()))
}

/// A frame is an object with one key, its kind; any other shape is no frame at all.
fn is_in_outline(text: &str) -> bool {
    compact::from_text(text) == Ok(Keys(1))
}

/// How many keys an object has.
#[derive(Debug, PartialEq, Eq)]
struct Keys(usize);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Keys(0))
    }
}

impl<'de> Visitor<'de> for Keys {
    type Value = Self;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            self.0 += 1;
        }
        Ok(self)
    }
}

/// A message of a protocol beside the typed one, as text; of types whose maps have names for keys.
pub fn encode_part<T: Serialize>(part: &T) -> String {
    to_text(part)
}

fn to_text<T: Serialize>(value: &T) -> String {
    // Fails only for maps with keys that are not strings, and for `Serialize` implementations that
    // fail by themselves; the wire has neither, which the golden samples show for every variant.
    serde_json::to_string(value)
        .unwrap_or_else(|error| unreachable!("the wire cannot be written: {error}"))
}

fn from_text<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(text)
}
