//! The messages between nodes: JSON with a version.
//!
//! Nodes of two neighbouring versions run at the same time during an upgrade. So a new kind of message or a new field
//! keeps the version, and a node ignores a kind that it does not know. A node ignores messages of another version.

use bytes::Bytes;
use madang_shared::price::PriceNow;
use madang_shared::{Epoch, Seq, Topic, UserId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::node_id::NodeId;
use super::presence_message::PresenceMessage;
use crate::accounts::TokenHash;
use crate::gateway::GatewayMessage;

/// The version of the messages. It changes only if an older node would misunderstand a message.
const VERSION: u32 = 1;
/// The maximum size of a message, in bytes. A longer one is ignored.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// A message of a node to all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeMessage {
    #[serde(rename = "v")]
    version: u32,
    /// The sender.
    pub from: NodeId,
    /// The epoch of the sender's log. After a failover, nodes hear from others that have not noticed it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Epoch>,
    /// The content.
    #[serde(flatten)]
    pub content: NodeContent,
}

/// The content of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeContent {
    /// The sender begins. The others send their whole states.
    Started,
    /// Topics have events up to these seqs.
    Advanced(Vec<(Topic, Seq)>),
    /// See [`PresenceMessage`].
    Presence(PresenceMessage),
    /// The price has changed.
    Price(PriceNow),
    /// The ephemeral topic has subscribers on the sender, so that its source is needed. Repeated while it is true.
    Needed(Topic),
    /// A session has ended: its connections close on every node. The token itself is never sent.
    SessionEnded(TokenHash),
    /// See [`GatewayMessage`].
    Gateway(GatewayMessage),
    /// The sender asks for the connections that follow a topic, and for those of them that have every event up to a seq.
    CountConnections {
        /// The number of the request on its node.
        request: u64,
        /// Which topic.
        topic: Topic,
        /// Up to which event.
        seq: Seq,
    },
    /// A part of the answer to [`Self::CountConnections`].
    ConnectionCounts {
        /// The node that has asked.
        to: NodeId,
        /// The number of its request.
        request: u64,
        /// Users, with the number of their connections, and of those that have every event.
        counts: Vec<(UserId, u64, u64)>,
        /// Whether this is the last part.
        is_last: bool,
    },
}

/// The bytes are no message of this version.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the message of another node cannot be read: {0}")]
pub struct MessageError(String);

impl NodeMessage {
    /// A message of a node.
    pub fn new(from: NodeId, content: NodeContent) -> Self {
        Self { version: VERSION, from, log: None, content }
    }

    /// The same message, about the log with this epoch; 0 for a log that is never replaced.
    #[must_use]
    pub fn about_log(self, epoch: Epoch) -> Self {
        Self { log: Some(epoch).filter(|epoch| epoch.0 != 0), ..self }
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
    use madang_shared::{RoomId, User};

    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let advanced = vec![(Topic::Counter, Seq(7)), (Topic::Posts, Seq(1))];
        let message = NodeMessage::new(NodeId(u64::MAX), NodeContent::Advanced(advanced));
        assert_eq!(NodeMessage::decode(&message.encode()), Ok(message.clone()));
        let room = PresenceMessage::Rooms {
            number: 3,
            first: RoomId(0),
            last: RoomId(u64::MAX),
            rooms: vec![RoomId(1)],
        };
        let typing = User { id: UserId(7), name: "Mina".into() };
        let typing = PresenceMessage::Typing { room: RoomId(1), user: typing, typing: true };
        for content in [
            NodeContent::Started,
            NodeContent::Presence(room),
            NodeContent::Presence(typing),
            NodeContent::Needed(Topic::Price),
            NodeContent::SessionEnded([7; 32]),
            NodeContent::CountConnections { request: 1, topic: Topic::Posts, seq: Seq(2) },
            NodeContent::ConnectionCounts {
                to: NodeId(2),
                request: 1,
                counts: vec![(UserId(1), 2, 1)],
                is_last: true,
            },
            NodeContent::Price(PriceNow::default()),
            NodeContent::Gateway(GatewayMessage::Event {
                topic: Topic::Posts,
                name: "data".into(),
                value: serde_json::json!({ "data": 1.5 }),
            }),
        ] {
            let message = NodeMessage::new(NodeId(1), content);
            assert_eq!(NodeMessage::decode(&message.encode()), Ok(message));
        }
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
