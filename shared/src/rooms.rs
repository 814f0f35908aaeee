//! Rooms: the facts of a room, the commands that make and change rooms, and the directory.
//!
//! The facts of a room reach its members by two topics: by their memberships ([`MembershipSnapshot::rooms`]), and by the
//! room's own timeline ([`ChatSnapshot::room`], [`ChatEvent::RoomChanged`]). The two are not ordered among each other, so
//! the facts with the greatest [`Room::revision`] count. Nobody else learns of a room, except from the directory of public
//! rooms, in pages.
//!
//! [`MembershipSnapshot::rooms`]: crate::membership::MembershipSnapshot::rooms
//! [`ChatSnapshot::room`]: crate::chat::ChatSnapshot::room
//! [`ChatEvent::RoomChanged`]: crate::chat::ChatEvent::RoomChanged

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Timestamp, User, UserId};
use crate::position::Seq;
use crate::roles::{History, Posting, RoomKind, RoomRole};

/// Unicode scalar values in a room's name.
pub const MAX_ROOM_NAME_CHARS: usize = 48;
/// Rooms that one user has made and that still exist.
pub const MAX_ROOMS_MADE: u64 = 200;

/// Unicode scalar values in a room's description.
pub const MAX_DESCRIPTION_CHARS: usize = 200;
/// Rooms in one page of the directory.
pub const PAGE_ROOMS: usize = 30;
/// People in a direct conversation, with its author.
pub const MAX_DIRECT_PEOPLE: usize = 9;

/// The path of the directory's pages, for `GET` by signed-in users. The parameters are `search`, a text that the name
/// or the description contains, and `after`, the last room of the page before.
pub const DIRECTORY_PATH: &str = "/api/rooms";

/// The path of one room as the directory lists it, for `GET` by users who may know of the room.
pub fn room_path(room: RoomId) -> String {
    format!("{DIRECTORY_PATH}/{room}")
}

/// The facts of a room. Those with their usual values are left out on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Room {
    /// The permanent id.
    pub id: RoomId,
    /// The name; unique among public rooms, without regard to case or Unicode form. Empty in a direct conversation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The kind.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub kind: RoomKind,
    /// The members who may write.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub posting: Posting,
    /// The earlier messages that a new member sees.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub history: History,
    /// Whether the room is archived: it can be read, and not changed.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub archived: bool,
    /// Whether new users become members.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub is_default: bool,
    /// The people of a direct conversation, by id; empty in other rooms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<User>,
    /// The seq of the last change of these facts in the room's timeline; 0 before the first change.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub revision: Seq,
}

impl Room {
    /// A public room as it is made.
    pub fn new(id: RoomId, name: String) -> Self {
        Self {
            id,
            name,
            kind: RoomKind::Public,
            posting: Posting::Members,
            history: History::All,
            archived: false,
            is_default: false,
            people: Vec::new(),
            revision: Seq(0),
        }
    }
}

/// Whether a fact has its usual value, which the wire leaves out.
pub(crate) fn is_usual<T: Default + PartialEq>(fact: &T) -> bool {
    *fact == T::default()
}

/// Commands that make and change rooms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomsCommand {
    /// Makes a room and joins it as its manager. Refused as `name_taken` when a public room of that name exists, and the
    /// new room is public. Its own event is that of joining.
    Create {
        /// See [`crate::validate::room_name`].
        name: String,
        /// See [`crate::validate::room_description`].
        #[serde(default, skip_serializing_if = "String::is_empty")]
        description: String,
        /// The kind: public or private.
        #[serde(default, skip_serializing_if = "is_usual")]
        kind: RoomKind,
    },
    /// Replaces the description of a room. Its event is in the room's details. The same description changes nothing.
    Describe {
        /// Which room.
        room: RoomId,
        /// See [`crate::validate::room_description`].
        description: String,
    },
    /// Opens the direct conversation of the author with these users: the one that exists, or a new one. Its own event is
    /// that of joining; opening it again changes nothing.
    OpenDirect {
        /// The other users, in any order: 1 to [`MAX_DIRECT_PEOPLE`] − 1.
        users: Vec<UserId>,
    },
    /// Changes a fact of a room. Its event is in the room's timeline. The same fact changes nothing.
    Change {
        /// Which room.
        room: RoomId,
        /// The change.
        change: RoomChange,
    },
    /// Makes a user a member of a room, or changes the role of a member.
    Invite {
        /// Which room.
        room: RoomId,
        /// The user.
        user: UserId,
        /// The role in the room.
        role: RoomRole,
    },
    /// Ends the membership of a user. Removing a user who is no member changes nothing.
    Remove {
        /// Which room.
        room: RoomId,
        /// The user.
        user: UserId,
        /// The reason, for the user and the audit log. Required for another user; at most
        /// [`crate::administration::MAX_REASON_CHARS`] characters.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// Silences a user in a room: until its end, the user writes nothing there. A new silence replaces an earlier one.
    /// Its event is in the user's memberships.
    Silence {
        /// Which room.
        room: RoomId,
        /// The user.
        user: UserId,
        /// The duration from now on in milliseconds, at most [`crate::moderation::MAX_RESTRICTION_MS`]; 0 ends the
        /// silence.
        lasts_ms: u64,
        /// The reason, for the user and the audit log; required.
        reason: String,
    },
    /// Deletes a room with its messages. Its id is never given out again. Deleting twice changes nothing.
    Delete {
        /// Which room.
        room: RoomId,
    },
}

impl RoomsCommand {
    /// The command that makes a public room without a description.
    pub fn public(name: impl Into<String>) -> Self {
        Self::Create { name: name.into(), description: String::new(), kind: RoomKind::Public }
    }
}

/// A change of a fact of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomChange {
    /// The name; see [`crate::validate::room_name`]. Refused as `name_taken` as for a new room.
    Name(String),
    /// The members who may write.
    Posting(Posting),
    /// The earlier messages that a new member sees. Present members keep what they see.
    History(History),
    /// Whether the room is archived.
    Archived(bool),
    /// Whether new users become members. The room must be public.
    Default(bool),
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
