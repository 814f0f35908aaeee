//! Rooms: making and changing them, and their members.

use madang_shared::roles::{Role, RoomKind, RoomRole};
use madang_shared::rooms::{MAX_DIRECT_PEOPLE, RoomChange, RoomsCommand};
use madang_shared::{ErrorCode, Failure, RoomId, UserId, validate};

use crate::budgets::account::Cost;
use crate::budgets::resource::Resource;
use crate::policy::rights::{Need, RoomRight};
use crate::{moderation, names, policy};

/// The room of every new server. Every new user is a member of it.
pub const FIRST_ROOM: RoomId = RoomId(1);
/// The name of [`FIRST_ROOM`].
pub const FIRST_ROOM_NAME: &str = "마당 Madang";

/// A decided change of rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomsChange {
    /// Makes a room. Its author becomes its manager.
    Create {
        /// The name as it is shown.
        name: String,
        /// The key under which the name is unique among public rooms; see [`policy::name_key`].
        name_key: String,
        /// The description; see [`validate::room_description`].
        description: String,
        /// The kind: public or private.
        kind: RoomKind,
    },
    /// Replaces the description of a room.
    Describe {
        /// Which room.
        room: RoomId,
        /// The description; see [`validate::room_description`].
        description: String,
    },
    /// Opens the direct conversation of the author with these users.
    OpenDirect {
        /// The other users, by id, each once.
        users: Vec<UserId>,
    },
    /// Changes a fact of a room.
    Change {
        /// Which room.
        room: RoomId,
        /// The change. A name is valid.
        change: RoomChange,
    },
    /// Makes a user a member, or changes the role of a member.
    Invite {
        /// Which room.
        room: RoomId,
        /// The user.
        user: UserId,
        /// The role in the room.
        role: RoomRole,
    },
    /// Ends the membership of a user.
    Remove {
        /// Which room.
        room: RoomId,
        /// The user.
        user: UserId,
        /// The reason, validated; the store requires one for another user.
        reason: String,
    },
    /// Silences a user in a room.
    Silence {
        /// Which room.
        room: RoomId,
        /// The user.
        user: UserId,
        /// The duration in milliseconds; 0 ends the silence.
        lasts_ms: u64,
        /// The reason, validated.
        reason: String,
    },
    /// Deletes a room.
    Delete {
        /// Which room.
        room: RoomId,
    },
}

/// Validates names, descriptions and numbers of users.
///
/// # Errors
/// `invalid` or `too_long`; `forbidden` for the deletion of the first room.
pub fn decide(command: RoomsCommand) -> Result<RoomsChange, Failure> {
    Ok(match command {
        RoomsCommand::Create { kind: RoomKind::Direct, .. } => return Err(unnamed_kind()),
        RoomsCommand::Create { name, description, kind } => {
            let name = names::room_name(&name)?;
            let name_key = policy::name_key(&name);
            let description = validate::room_description(&description)?;
            RoomsChange::Create { name, name_key, description, kind }
        }
        RoomsCommand::Describe { room, description } => {
            let description = validate::room_description(&description)?;
            RoomsChange::Describe { room, description }
        }
        RoomsCommand::OpenDirect { mut users } => {
            users.sort_unstable();
            users.dedup();
            if users.is_empty() || users.len() >= MAX_DIRECT_PEOPLE {
                return Err(number_of_people());
            }
            RoomsChange::OpenDirect { users }
        }
        RoomsCommand::Change { room, change: RoomChange::Name(name) } => {
            RoomsChange::Change { room, change: RoomChange::Name(names::room_name(&name)?) }
        }
        RoomsCommand::Change { room, change } => RoomsChange::Change { room, change },
        RoomsCommand::Invite { room, user, role } => RoomsChange::Invite { room, user, role },
        RoomsCommand::Remove { room, user, reason } => {
            RoomsChange::Remove { room, user, reason: moderation::reason(&reason)? }
        }
        RoomsCommand::Silence { room, user, lasts_ms, reason } => {
            let reason = moderation::required_reason(&reason)?;
            moderation::check_duration(lasts_ms)?;
            RoomsChange::Silence { room, user, lasts_ms, reason }
        }
        RoomsCommand::Delete { room: FIRST_ROOM } => return Err(first_room()),
        RoomsCommand::Delete { room } => RoomsChange::Delete { room },
    })
}

/// The need of a change.
pub fn needs(change: &RoomsChange) -> Need {
    match change {
        RoomsChange::Create { .. } => Need::Role(Role::Member),
        RoomsChange::OpenDirect { .. } => Need::Account,
        RoomsChange::Describe { room, .. } => Need::Room(*room, RoomRight::Describe),
        RoomsChange::Change { room, change: RoomChange::Default(_) } => {
            Need::Room(*room, RoomRight::Administer)
        }
        RoomsChange::Change { room, change: RoomChange::Archived(_) }
        | RoomsChange::Remove { room, .. }
        | RoomsChange::Delete { room } => Need::Room(*room, RoomRight::Manage),
        RoomsChange::Silence { room, .. } => Need::Room(*room, RoomRight::Moderate),
        RoomsChange::Change { room, .. } | RoomsChange::Invite { room, .. } => {
            Need::Room(*room, RoomRight::Change)
        }
    }
}

/// Whether a change writes to others: a name or a description. See [`crate::policy::restrictions::check_speech`].
pub fn is_speech(change: &RoomsChange) -> bool {
    matches!(
        change,
        RoomsChange::Create { .. }
            | RoomsChange::Describe { .. }
            | RoomsChange::Change { change: RoomChange::Name(_), .. }
    )
}

/// Whether a change removes something.
pub fn is_small(change: &RoomsChange) -> bool {
    matches!(change, RoomsChange::Remove { .. } | RoomsChange::Delete { .. })
}

/// The cost of a new room.
pub fn cost(command: &RoomsCommand) -> Option<Cost> {
    match command {
        RoomsCommand::Create { .. } | RoomsCommand::OpenDirect { .. } => {
            Some(Cost { resource: Resource::NewRooms, units: 1 })
        }
        RoomsCommand::Describe { .. }
        | RoomsCommand::Change { .. }
        | RoomsCommand::Invite { .. }
        | RoomsCommand::Remove { .. }
        | RoomsCommand::Silence { .. }
        | RoomsCommand::Delete { .. } => None,
    }
}

/// The refusal for a direct conversation with nobody, or with too many people.
pub fn number_of_people() -> Failure {
    let message = format!("A direct conversation has 2 to {MAX_DIRECT_PEOPLE} people.");
    Failure::new(ErrorCode::Invalid, message)
}

fn unnamed_kind() -> Failure {
    let message = "A direct conversation has no name; choose its people instead.";
    Failure::new(ErrorCode::Invalid, message)
}

fn first_room() -> Failure {
    let message = "The first room cannot be deleted; archive it instead.";
    Failure::new(ErrorCode::Forbidden, message)
}

/// The request for a page of the directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryRequest {
    /// The key of a text that the name or the description contains; see [`policy::name_key`]. An empty key finds
    /// every room.
    pub search_key: String,
    /// The page begins after this room; without it, with the first one.
    pub after: Option<RoomId>,
}

/// The request for a page of the people whom a user may know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleRequest {
    /// The key of a text that the name contains; see [`policy::name_key`]. An empty key finds everybody.
    pub search_key: String,
    /// The page begins after this user; without it, with the first one.
    pub after: Option<UserId>,
}
