//! The directory of rooms: making one, and seeing which there are. Topic [`Topic::Rooms`].
//!
//! [`Topic::Rooms`]: crate::Topic::Rooms

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Timestamp, User};

/// Unicode scalar values in a room's name.
pub const MAX_ROOM_NAME_CHARS: usize = 48;
/// Rooms on one server: the directory of as many stays below [`MAX_FRAME_BYTES`].
pub const MAX_ROOMS: u64 = 2_000;

/// A room as the directory lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Room {
    /// Stays the same for ever.
    pub id: RoomId,
    /// Unique among rooms, without regard to case or Unicode form.
    pub name: String,
    /// Who made it; none for the room that every server starts with.
    pub made_by: Option<User>,
    /// When it was made.
    pub made_at: Timestamp,
}

/// What a client may ask of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomsCommand {
    /// Makes a room and joins it. Refused as `name_taken` when one of that name exists.
    Create {
        /// See [`crate::validate::room_name`].
        name: String,
    },
}

/// What happens to the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomsEvent {
    /// A room was made.
    Created(Room),
}

/// The directory at a position: every room, by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomsSnapshot {
    /// By id, ascending.
    pub rooms: Vec<Room>,
}
