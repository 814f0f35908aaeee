//! The directory of rooms. Topic [`Topic::Rooms`].
//!
//! [`Topic::Rooms`]: crate::Topic::Rooms

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Timestamp, User};

/// Unicode scalar values in a room's name.
pub const MAX_ROOM_NAME_CHARS: usize = 48;
/// Rooms on one server. A directory of this size stays below
/// [`MAX_FRAME_BYTES`](crate::limits::MAX_FRAME_BYTES).
pub const MAX_ROOMS: u64 = 2_000;

/// Unicode scalar values in a room's description.
pub const MAX_DESCRIPTION_CHARS: usize = 200;
/// Rooms in one page of the directory.
pub const PAGE_ROOMS: usize = 30;

/// The path of the directory's pages, for `GET` by signed-in users. The parameters are `search`, a text that the name
/// or the description contains, and `after`, the last room of the page before.
pub const DIRECTORY_PATH: &str = "/api/rooms";

/// A room as the directory lists it. Every visitor loads all rooms, so the list has only the part that screens show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Room {
    /// The permanent id.
    pub id: RoomId,
    /// The name; unique among rooms, without regard to case or Unicode form.
    pub name: String,
}

/// A new room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreatedRoom {
    /// The permanent id.
    pub id: RoomId,
    /// The name; see [`Room::name`].
    pub name: String,
    /// The user who made the room; absent for the first room of a server.
    pub made_by: Option<User>,
    /// When the room was made.
    pub made_at: Timestamp,
}

impl From<CreatedRoom> for Room {
    fn from(CreatedRoom { id, name, .. }: CreatedRoom) -> Self {
        Self { id, name }
    }
}

/// Commands to the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomsCommand {
    /// Makes a room and joins it. Refused as `name_taken` when one of that name exists.
    Create {
        /// See [`crate::validate::room_name`].
        name: String,
        /// See [`crate::validate::room_description`].
        #[serde(default, skip_serializing_if = "String::is_empty")]
        description: String,
    },
    /// Replaces the description of a room that the user has joined. Its event is in the room's details, because every
    /// user follows the directory. The same description changes nothing.
    Describe {
        /// Which room.
        room: RoomId,
        /// See [`crate::validate::room_description`].
        description: String,
    },
}

/// Events of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomsEvent {
    /// A room was made.
    Created(CreatedRoom),
}

/// The directory at a position: every room, by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomsSnapshot {
    /// By id, ascending.
    pub rooms: Vec<Room>,
}

/// A room in a page of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListedRoom {
    /// The room.
    pub room: Room,
    /// The description; empty if the room has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The number of members. Service accounts are no members.
    pub members: u64,
    /// The time of the last message; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<Timestamp>,
}

/// A page of the directory. This is the body of the answer at [`DIRECTORY_PATH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DirectoryPage {
    /// The rooms by name; at most [`PAGE_ROOMS`].
    pub rooms: Vec<ListedRoom>,
    /// Whether there are rooms after these.
    pub more: bool,
}
