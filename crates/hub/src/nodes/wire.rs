//! The messages between nodes: JSON with a version.
//!
//! Nodes of two neighbouring versions run at the same time during an upgrade. So a new kind of message or a new field
//! keeps the version, and a node ignores a kind that it does not know. A node ignores messages of another version.

use bytes::Bytes;
use madang_shared::{Seq, Topic};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The version of the messages. It changes only if an older node would misunderstand a message.
const VERSION: u32 = 1;
/// The maximum size of a message, in bytes. A longer one is ignored.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// One start of a node. It is drawn at random, so that two nodes never have the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u64);

/// A message of a node to all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeMessage {
    #[serde(rename = "v")]
    version: u32,
    /// The sender.
    pub from: NodeId,
    /// The content.
    #[serde(flatten)]
    pub content: NodeContent,
}

/// The content of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeContent {
    /// Topics have events up to these seqs.
    Advanced(Vec<(Topic, Seq)>),
}

/// The bytes are no message of this version.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the message of another node cannot be read: {0}")]
pub struct MessageError(String);

impl NodeMessage {
    /// A message of a node.
    pub fn new(from: NodeId, content: NodeContent) -> Self {
        Self { version: VERSION, from, content }
    }

    /// The message as bytes.
    pub fn encode(&self) -> Bytes {
        // Every content has a JSON form; an empty message would be ignored.
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`MessageError`] for a message that is too long, of another version, or of an unknown kind.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(MessageError(format!("it has {} bytes", bytes.len())));
        }
        let message: Self =
            serde_json::from_slice(bytes).map_err(|error| MessageError(error.to_string()))?;
        if message.version == VERSION {
            Ok(message)
        } else {
            Err(MessageError(format!("it has version {}", message.version)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let advanced = vec![(Topic::Counter, Seq(7)), (Topic::Posts, Seq(1))];
        let message = NodeMessage::new(NodeId(u64::MAX), NodeContent::Advanced(advanced));
        assert_eq!(NodeMessage::decode(&message.encode()), Ok(message.clone()));
        assert_eq!(
            message.encode(),
            r#"{"v":1,"from":18446744073709551615,"advanced":[["counter",7],["posts",1]]}"#
        );
    }

    #[test]
    fn a_message_of_another_version_or_kind_is_an_error() {
        for text in [
            r#"{"v":2,"from":1,"advanced":[]}"#,
            r#"{"v":1,"from":1,"dreamed":[]}"#,
            r#"{"v":1,"from":1,"advanced":[["nothing:1",1]]}"#,
            r#"{"v":1,"advanced":[]}"#,
            "[]",
            "",
        ] {
            assert!(NodeMessage::decode(text.as_bytes()).is_err(), "{text}");
        }
        assert!(NodeMessage::decode(&vec![b' '; MAX_MESSAGE_BYTES + 1]).is_err());
    }
}
