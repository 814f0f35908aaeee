//! The details of a room: its description and its members. Topic [`Topic::Details`], one per room, for its
//! members.
//!
//! The snapshot counts the members, and the events name those who join and leave. A screen that lists the
//! members reads them in pages at [`members_path`] and applies the events to them.
//!
//! [`Topic::Details`]: crate::Topic::Details

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Timestamp, User, UserId};
use crate::position::Seq;
use crate::profile::Profile;
use crate::roles::RoomRole;

/// Members in one page.
pub const PAGE_MEMBERS: usize = 100;

/// The path of a page of members, for `GET` by members of the room. The page begins after this user, or with
/// the first member.
pub fn members_path(room: RoomId, after: Option<UserId>) -> String {
    let after = after.map(|user| format!("?after={user}")).unwrap_or_default();
    format!("/api/rooms/{room}/members{after}")
}

/// The details of a room at a position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DetailsSnapshot {
    /// See [`crate::validate::room_description`]; empty if the room has none.
    pub description: String,
    /// The number of members. Service accounts are no members.
    pub members: u64,
    /// The profiles of members who have set one, in any order; at most
    /// [`MAX_LISTED_PROFILES`](crate::profile::MAX_LISTED_PROFILES).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<Profile>,
}

/// Events of a room's details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DetailsEvent {
    /// A member changed the description.
    Described {
        /// The new description; empty if the member removed it.
        description: String,
        /// The member.
        by: User,
    },
    /// A user joined the room.
    Joined {
        /// The new member.
        member: RoomMember,
        /// The last event of the room's timeline at that time. Earlier messages were not for this member.
        after: Seq,
    },
    /// A member left the room.
    Left {
        /// The former member.
        user: UserId,
    },
    /// The role of a member changed.
    RoleChanged {
        /// The member.
        user: UserId,
        /// The new role.
        role: RoomRole,
    },
    /// A member changed the profile, or a user with one joined the room.
    ProfileChanged(Profile),
    /// The room was deleted. In the log, this event replaces all earlier ones of the room's details.
    Deleted,
}

/// A member of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomMember {
    /// The user.
    pub user: User,
    /// When the user joined; absent if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The role in the room; that of most members is left out on the wire.
    #[serde(default, skip_serializing_if = "crate::rooms::is_usual")]
    pub role: RoomRole,
}

/// A page of members. This is the body of the answer at [`members_path`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MembersPage {
    /// The members by id, ascending; at most [`PAGE_MEMBERS`].
    pub members: Vec<RoomMember>,
    /// Whether there are members after these.
    pub more: bool,
}
