//! The messages of presence between nodes.

use madang_shared::{RoomId, User, UserId};
use serde::{Deserialize, Serialize};

/// A message about the users who are present through its sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresenceMessage {
    /// Users joined or left a room.
    Changed {
        /// The number of the message. It grows with each message of its sender; an earlier one about the same room is
        /// not applied after a later one.
        number: u64,
        /// Which room.
        room: RoomId,
        /// Whether all other users of the room have left.
        whole: bool,
        /// The users who joined.
        joined: Vec<User>,
        /// The users who left.
        left: Vec<UserId>,
    },
    /// The sender is alive, and has users in these rooms alone of those from `first` to `last`.
    Rooms {
        /// As in [`Self::Changed`].
        number: u64,
        /// The first room that the list is about.
        first: RoomId,
        /// The last room that the list is about.
        last: RoomId,
        /// The rooms, ascending.
        rooms: Vec<RoomId>,
    },
    /// A user of the sender started or stopped typing.
    Typing {
        /// Which room.
        room: RoomId,
        /// The user.
        user: User,
        /// Whether the user is typing.
        typing: bool,
    },
}
