//! Encodes messages as text and decodes them; all frames go through this module.
//!
//! The server uses `serde_json`, a client uses [`compact`]. Both follow the same derives.
//!
//! A frame is one JSON value in one text message. A newer peer may send variants that this version
//! does not know. The [`DecodeError`] then tells as much of the frame as could be decoded, so that the
//! connection stays open and the positions stay correct.

use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::compact;
use crate::encoded::EncodedValue;
use crate::failure::{ErrorCode, Failure};
use crate::features::{Event, Topic};
use crate::frames::{ClientFrame, ErrorContext, ServerFrame};
use crate::ids::{CommandId, QueryId};
use crate::position::Seq;

/// A frame that could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Not JSON, or no frame of the protocol.
    #[error("the text is not a frame of this protocol: {0}")]
    Malformed(String),
    /// An event of a known topic with content of a newer version. It counts as an event of the stream.
    #[error("this version does not know the kind of event {seq:?} of {topic}")]
    Event {
        /// Which topic.
        topic: Topic,
        /// The event's seq.
        seq: Seq,
    },
    /// A well-formed request with content of a newer version.
    #[error("this version does not know requests of this kind")]
    Request(ErrorContext),
    /// A well-formed frame whose kind or content this version does not know.
    #[error("this version does not know frames of this kind: {0}")]
    Unsupported(String),
}

impl DecodeError {
    /// The refusal to answer with, and its subject.
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

/// The text of [`ClientFrame::Command`] with an encoded command.
pub fn encode_encoded_command(id: CommandId, command: &EncodedValue) -> String {
    format!(r#"{{"command":{{"id":"{id}","command":{}}}}}"#, command.as_text())
}

/// A frame from the server, as text.
pub fn encode_server(frame: &ServerFrame) -> String {
    to_text(frame)
}

/// An event's content, as the log stores it.
pub fn encode_event(event: &Event) -> String {
    to_text(event)
}

/// The text of [`ServerFrame::Event`] with content from [`encode_event`]. Stored content is sent without
/// being decoded.
pub fn event_frame(topic: Topic, seq: Seq, content: &str) -> String {
    format!(r#"{{"event":{{"topic":"{topic}","seq":{},"event":{content}}}}}"#, seq.0)
}

/// Whether a client can at least skip this content in an [`event_frame`]. Valid JSON is not enough: a
/// client refuses half a surrogate pair, and values that are nested too deeply.
pub fn is_event_content(content: &str) -> bool {
    // One value, and as deep as in the frame of an event.
    compact::from_text::<IgnoredAny>(content).is_ok()
        && compact::from_text::<IgnoredAny>(&format!("[[{content}]]")).is_ok()
}

/// Reads a frame from a client.
///
/// # Errors
/// [`DecodeError`], with as much of the frame as could be decoded.
pub fn decode_client(text: &str) -> Result<ClientFrame, DecodeError> {
    /// The part of a request that is the same in every version.
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
/// [`DecodeError`], with as much of the frame as could be decoded.
pub fn decode_server(text: &str) -> Result<ServerFrame, DecodeError> {
    /// The part of an event that is the same in every version.
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

/// Reads an event's content, as the log stores it.
///
/// # Errors
/// [`DecodeError::Malformed`] if a newer version wrote the content, or if it is damaged.
pub fn decode_event(content: &str) -> Result<Event, DecodeError> {
    from_text(content).map_err(|error| DecodeError::Malformed(error.to_string()))
}

/// Reads a part of a message that a database wrote.
///
/// # Errors
/// [`DecodeError::Malformed`] if the text is not such a part.
pub fn decode_part<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    from_text(text).map_err(|error| DecodeError::Malformed(error.to_string()))
}

/// Whether the text is an object with one key, as every frame is; the key is the frame's kind.
fn is_in_outline(text: &str) -> bool {
    compact::from_text(text) == Ok(Keys(1))
}

/// The number of keys of an object.
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

/// A message outside the typed protocol, as text. Its maps must have strings as keys.
pub fn encode_part<T: Serialize>(part: &T) -> String {
    to_text(part)
}

fn to_text<T: Serialize>(value: &T) -> String {
    // Serialization fails only for maps whose keys are not strings, and where `Serialize` fails by
    // itself. The wire has neither; the samples test every variant.
    serde_json::to_string(value)
        .unwrap_or_else(|error| unreachable!("the message cannot be serialized: {error}"))
}

fn from_text<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(text)
}
