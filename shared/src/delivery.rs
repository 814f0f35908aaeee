//! The delivery of one message: whether it is stored, sent to connections, read and confirmed, and for
//! each user who has not read it, why. This is the body of the answer at [`path`], true at the moment of
//! the request.

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Timestamp, User};
use crate::position::{Position, Seq};

/// Recipients in the delivery of one message; more are only counted.
pub const MAX_DELIVERY_PEOPLE: usize = 200;

/// The path of the delivery, for `GET` by members of the room.
pub fn path(room: RoomId, message: Seq) -> String {
    format!("/api/rooms/{room}/messages/{}/delivery", message.0)
}

/// The delivery of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Delivery {
    /// When the server stored the message.
    pub stored_at: Timestamp,
    /// The position in the room's log.
    pub position: Position,
    /// Connections to this server that are subscribed to the room now, including the requester's.
    pub subscribed: u64,
    /// The subscribed connections to which everything up to the message was sent.
    pub delivered: u64,
    /// The recipients: first those who have not read the message, then by name; at most
    /// [`crate::delivery::MAX_DELIVERY_PEOPLE`].
    pub people: Vec<Recipient>,
    /// The number of further recipients.
    pub more: u64,
    /// Socket.IO clients that were asked to confirm the message; absent if there were none, or if it is too
    /// long ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayReceipts>,
}

/// A recipient of the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recipient {
    /// The user.
    pub user: User,
    /// Whether the user has read the message.
    pub status: ReadStatus,
    /// The user's connections that are subscribed to the room now.
    pub subscribed: u64,
    /// Those connections to which everything up to the message was sent.
    pub delivered: u64,
    /// When the last of them ended; absent while there is one, and if there was none since the server's
    /// start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away_since: Option<Timestamp>,
}

/// Whether a user has read a message, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReadStatus {
    /// The user wrote the message.
    Wrote,
    /// The user has read it: the read mark is at the message, or after it.
    Read,
    /// The read mark is before the message.
    Unread {
        /// The read mark: the last event of the room that the user has read.
        up_to: Seq,
    },
    /// The user joined the room after the message.
    JoinedLater,
    /// The user has left the room since.
    Left {
        /// When the user left.
        at: Timestamp,
    },
}

/// The confirmations of Socket.IO clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GatewayReceipts {
    /// The number of clients that were asked to confirm the message.
    pub requested: u64,
    /// The ids of the clients that confirmed it in time.
    pub confirmed: Vec<String>,
}
