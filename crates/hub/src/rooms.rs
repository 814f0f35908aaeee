//! The directory of rooms. Topic [`Topic::Rooms`](madang_shared::Topic::Rooms).

use madang_shared::rooms::RoomsCommand;
use madang_shared::{Failure, RoomId};

use crate::budgets::account::Cost;
use crate::budgets::resource::Resource;
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
    },
}

/// Validates the name.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: RoomsCommand) -> Result<RoomsChange, Failure> {
    match command {
        RoomsCommand::Create { name } => {
            let name = names::room_name(&name)?;
            let name_key = policy::name_key(&name);
            Ok(RoomsChange::Create { name, name_key })
        }
    }
}

/// The cost of a new room, because every user loads the directory of all rooms.
pub fn cost(command: &RoomsCommand) -> Option<Cost> {
    match command {
        RoomsCommand::Create { .. } => Some(Cost { resource: Resource::NewRooms, units: 1 }),
    }
}
