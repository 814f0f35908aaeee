//! Invitations to the workspace. [`crate::administration`] has the acts that make and revoke them.

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Timestamp, User};
use crate::roles::Role;

/// An invitation to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewInvitation {
    /// The role of the people who come by it.
    pub role: Role,
    /// The number of people who can come by it, at most [`MAX_INVITATION_USES`](crate::administration::MAX_INVITATION_USES).
    pub uses: u32,
    /// Its life in milliseconds, at most [`MAX_INVITATION_MS`](crate::administration::MAX_INVITATION_MS); without an end if there is none.
    #[serde(default)]
    pub lasts_ms: Option<u64>,
    /// The rooms that the people join, at most [`MAX_INVITATION_ROOMS`](crate::administration::MAX_INVITATION_ROOMS).
    #[serde(default)]
    pub rooms: Vec<RoomId>,
    /// A note for administrators, at most [`MAX_NOTE_CHARS`](crate::administration::MAX_NOTE_CHARS).
    #[serde(default)]
    pub note: String,
}

/// An invitation, as administrators see it. The token is shown once, when the invitation is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedInvitation {
    /// Its number.
    pub id: u64,
    /// The role of the people who come by it.
    pub role: Role,
    /// The number of people who can come by it.
    pub uses: u32,
    /// The people who came by it.
    pub people: Vec<User>,
    /// The rooms that they join.
    pub rooms: Vec<RoomId>,
    /// The note.
    pub note: String,
    /// The user who made it; none for the server itself or the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<User>,
    /// The time at which it was made.
    pub made_at: Timestamp,
    /// Its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The time at which it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// A page of the invitations, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationsPage {
    /// The invitations.
    pub invitations: Vec<ListedInvitation>,
    /// Whether there are older ones.
    pub more: bool,
}

/// An invitation, as the person with its link sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedInvitation {
    /// The name of the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// The name of the user who invites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invited_by: Option<String>,
    /// The role.
    pub role: Role,
}
