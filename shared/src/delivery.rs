//! What became of one message: stored, handed to connections, read, confirmed; and of whom it is not
//! so, why. The body of the answer at [`path`]; what it says is true at the moment of asking.

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Timestamp, User};
use crate::position::{Position, Seq};

/// People whom the delivery of one message is told of, each by name; of more, how many they are.
pub const MAX_DELIVERY_PEOPLE: usize = 200;

/// Where it is asked for, with `GET`, by members of the room.
pub fn path(room: RoomId, message: Seq) -> String {
    format!("/api/rooms/{room}/messages/{}/delivery", message.0)
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Delivery {
    /// When the server stored it.
    pub stored_at: Timestamp,
    /// Where in the room's log.
    pub position: Position,
    /// Connections to this server that follow the room now, the asker's own among them.
    pub subscribed: u64,
    /// Those of them that were handed everything up to the message.
    pub delivered: u64,
    /// Whom it was for: those who have not read it first, then by name; at most
    /// [`crate::delivery::MAX_DELIVERY_PEOPLE`].
    pub people: Vec<Recipient>,
    /// How many more there are.
    pub more: u64,
    /// Clients of Socket.IO that were asked to confirm it; none if none was, or if it is too long ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayReceipts>,
}

/// A message and one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recipient {
    /// Who.
    pub user: User,
    /// Whether the person has read it.
    pub status: ReceiptStatus,
    /// The person's connections that follow the room now.
    pub subscribed: u64,
    /// Those of them that were handed everything up to the message.
    pub delivered: u64,
    /// Since when none follows it; none while one does, and if none has since this server started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away_since: Option<Timestamp>,
}

/// Whether somebody has read a message, and if not, why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStatus {
    /// It is this person's own.
    Wrote,
    /// It was on a screen that the person looked at: the read mark is there, or further.
    Read,
    /// It was not; the read mark is here.
    Unread {
        /// The last event of the room that the person has read.
        up_to: Seq,
    },
    /// It was there before the person joined the room.
    JoinedLater,
    /// The person has left the room since.
    Left {
        /// When.
        at: Timestamp,
    },
}

/// What clients of Socket.IO said of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GatewayReceipts {
    /// How many were asked to confirm it.
    pub requested: u64,
    /// The ids of those that did in time.
    pub confirmed: Vec<String>,
}
