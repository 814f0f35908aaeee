//! The directory of rooms.

use madang_shared::rooms::RoomsCommand;
use madang_shared::{Failure, RoomId, validate};

use crate::policy;

/// The room that every server starts with, and that every new user has joined.
pub const FIRST_ROOM: RoomId = RoomId(1);
/// Its name: the courtyard itself.
pub const FIRST_ROOM_NAME: &str = "마당 Madang";

/// A decided change of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Make a room, and join its maker to it.
    Create {
        /// As it is shown.
        name: String,
        /// Unique among rooms; see [`policy::name_key`].
        name_key: String,
    },
}

/// Checks the name.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: RoomsCommand) -> Result<Change, Failure> {
    match command {
        RoomsCommand::Create { name } => {
            let name = validate::room_name(&name)?;
            let name_key = policy::name_key(&name);
            Ok(Change::Create { name, name_key })
        }
    }
}
