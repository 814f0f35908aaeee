//! The chat of the lab page that compares HTTP and WebSocket.
//!
//! A client sends each message as plain text. The server sends JSON objects of the type
//! [`LabChatMessage`]. Messages are not stored, so only connected clients receive them.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::ids::ConnectionId;

/// Connections to the lab chat at once from all clients; the next is refused with status 503.
pub const MAX_LAB_CHAT_CONNECTIONS: usize = 256;

/// The path of the socket.
pub const PATH: &str = "/lab/http/socket";
/// The path of the plain HTTP request on the same page.
pub const HTTP_PATH: &str = "/http-call";

/// A message from the server to connected clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabChatMessage {
    /// The first message, to the new connection only.
    Welcome {
        /// The id of the new connection.
        id: ConnectionId,
        /// All connections, including the new one.
        connected: Vec<ConnectionId>,
    },
    /// A client connected. Sent to all connections, including the new one.
    Connect {
        /// The connection.
        id: ConnectionId,
    },
    /// A client disconnected. Sent to all other connections.
    Disconnect {
        /// The connection.
        id: ConnectionId,
    },
    /// A client sent a message. Sent to all connections, including the sender's.
    Data {
        /// The message.
        data: String,
        /// The sender's connection.
        id: ConnectionId,
    },
    /// The server refused the sender's message. Sent to the sender only.
    Error(Failure),
}

/// The answer to the plain HTTP request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpCall {
    /// A sentence.
    pub data: String,
}
