//! HTTP and WebSocket side by side: what is said on the socket of that page.
//!
//! A client sends plain text, and that is its message. The server sends one JSON object a message, a
//! [`LabChatMessage`]. Nothing of it is stored: whoever is not connected misses it.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::ids::ConnectionId;

/// Connections at once to the socket that stands beside plain HTTP, whoever makes them; the next is
/// refused with status 503.
pub const MAX_LAB_CHAT_CONNECTIONS: usize = 256;

/// Where the socket is.
pub const PATH: &str = "/lab/http/socket";
/// Where the plain request goes that stands beside it.
pub const HTTP_PATH: &str = "/http-call";

/// What the server says to those who are connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabChatMessage {
    /// First of all, to the newcomer alone.
    You {
        /// The newcomer's own connection.
        id: ConnectionId,
        /// Everybody who is connected by now, the newcomer included.
        connected: Vec<ConnectionId>,
    },
    /// Somebody connected. Said to everybody, the newcomer included.
    Connect {
        /// Who.
        id: ConnectionId,
    },
    /// Somebody is gone. Said to everybody else.
    Disconnect {
        /// Who.
        id: ConnectionId,
    },
    /// Somebody said something. Said to everybody, the sender included.
    Data {
        /// The message.
        data: String,
        /// Who sent it.
        id: ConnectionId,
    },
    /// To a sender whose message went to nobody.
    Refused(Failure),
}

/// The answer to the plain request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpCall {
    /// A sentence.
    pub data: String,
}
