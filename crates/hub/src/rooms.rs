//! The directory of rooms. Topic [`Topic::Rooms`](madang_shared::Topic::Rooms).

use madang_shared::roles::Role;
use madang_shared::rooms::RoomsCommand;
use madang_shared::{Failure, RoomId, validate};

use crate::budgets::account::Cost;
use crate::budgets::resource::Resource;
use crate::policy::rights::{Need, RoomRight};
use crate::{names, policy};

/// The room of every new server. Every new user is a member of it.
pub const FIRST_ROOM: RoomId = RoomId(1);
/// The name of [`FIRST_ROOM`].
pub const FIRST_ROOM_NAME: &str = "마당 Madang";

/// A decided change of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomsChange {
    /// Makes a room. Its author becomes a member.
    Create {
        /// The name as it is shown.
        name: String,
        /// The key under which the name is unique among rooms; see [`policy::name_key`].
        name_key: String,
        /// The description; see [`validate::room_description`].
        description: String,
    },
    /// Replaces the description of a room that the author has joined.
    Describe {
        /// Which room.
        room: RoomId,
        /// The description; see [`validate::room_description`].
        description: String,
    },
}

/// Validates the name and the description. The store refuses a description by a user who has not joined the room.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: RoomsCommand) -> Result<RoomsChange, Failure> {
    match command {
        RoomsCommand::Create { name, description } => {
            let name = names::room_name(&name)?;
            let name_key = policy::name_key(&name);
            let description = validate::room_description(&description)?;
            Ok(RoomsChange::Create { name, name_key, description })
        }
        RoomsCommand::Describe { room, description } => {
            let description = validate::room_description(&description)?;
            Ok(RoomsChange::Describe { room, description })
        }
    }
}

/// The need of a change.
pub fn needs(change: &RoomsChange) -> Need {
    match change {
        RoomsChange::Create { .. } => Need::Role(Role::Member),
        RoomsChange::Describe { room, .. } => Need::Room(*room, RoomRight::Write),
    }
}

/// The cost of a new room, because every user loads the directory of all rooms.
pub fn cost(command: &RoomsCommand) -> Option<Cost> {
    match command {
        RoomsCommand::Create { .. } => Some(Cost { resource: Resource::NewRooms, units: 1 }),
        RoomsCommand::Describe { .. } => None,
    }
}
