//! Administration: the acts of administrators, the audit log, and the pages over HTTP that show people, invitations and
//! rooms to administrators. Topic [`Topic::Administration`].
//!
//! The app loads pages over HTTP and loads them again when the topic advances, so that an event needs no content.
//!
//! [`Topic::Administration`]: crate::Topic::Administration

use serde::{Deserialize, Serialize};

use crate::apps::Apps;
use crate::ids::{RoomId, Timestamp, User, UserId};
use crate::roles::{Access, Role, RoomKind};

/// The path of the acts of administrators: `POST` a [`RequestedAct`].
pub const ACTS_PATH: &str = "/api/administration/acts";
/// The path of the audit log, in pages.
pub const AUDIT_PATH: &str = "/api/administration/audit";
/// The path of the whole audit log as JSON lines.
pub const AUDIT_EXPORT_PATH: &str = "/api/administration/audit.jsonl";
/// The path of the people, in pages.
pub const ACCOUNTS_PATH: &str = "/api/administration/people";
/// The path of the invitations, in pages.
pub const INVITATIONS_PATH: &str = "/api/administration/invitations";
/// The path of the rooms with their sizes, in pages.
pub const ROOM_SIZES_PATH: &str = "/api/administration/rooms";
/// The path of the settings of the workspace.
pub const SETTINGS_PATH: &str = "/api/administration/settings";
/// The path of the state of the server.
pub const HEALTH_PATH: &str = "/api/administration/health";
/// The path at which a signed-in user becomes the first owner.
pub const OWNERSHIP_PATH: &str = "/api/administration/ownership";
/// The path of one invitation: `POST` its token to read it, before signing up.
pub const INVITATION_PATH: &str = "/api/invitation";
/// The path at which a signed-in user accepts an invitation.
pub const ACCEPT_INVITATION_PATH: &str = "/api/invitation/accept";
/// The page that an invitation's link opens. The token stands after `#`.
pub const INVITATION_PAGE: &str = "/invite";

/// Entries, people, invitations or rooms on one page.
pub const PAGE_ADMINISTERED: usize = 50;
/// Unicode scalar values in the reason of an act.
pub const MAX_REASON_CHARS: usize = 300;
/// Unicode scalar values in the note of an invitation.
pub const MAX_NOTE_CHARS: usize = 100;
/// The people whom one invitation can bring.
pub const MAX_INVITATION_USES: u32 = 1_000;
/// The rooms that one invitation can name.
pub const MAX_INVITATION_ROOMS: usize = 20;
/// The invitations that are open at a time.
pub const MAX_OPEN_INVITATIONS: u64 = 500;
/// The longest life of an invitation, in milliseconds: a year.
pub const MAX_INVITATION_MS: u64 = 366 * 24 * 60 * 60 * 1_000;

/// Events of the administration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AdministrationEvent {
    /// The audit log has a new entry.
    Recorded {
        /// Its number.
        entry: u64,
    },
}

/// The administration at a position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AdministrationSnapshot {
    /// The number of the newest entry of the audit log; 0 without one.
    pub newest: u64,
}

named! {
    /// The kind of an act in the audit log.
    AuditAct {
        /// A user got another role in the workspace.
        SetRole = "set_role",
        /// An account was deactivated: its sessions ended.
        Deactivate = "deactivate",
        /// A deactivated account was activated again.
        Reactivate = "reactivate",
        /// An invitation was made.
        Invite = "invite",
        /// An invitation was revoked.
        RevokeInvitation = "revoke_invitation",
        /// A person came by an invitation, or accepted one.
        AcceptInvitation = "accept_invitation",
        /// A user became the first owner.
        BecomeOwner = "become_owner",
        /// A link was made by which a user signs in once without a password.
        MakeLink = "make_link",
        /// Settings of the workspace were changed.
        ChangeSettings = "change_settings",
    }
}

named! {
    /// The origin of an act in the audit log.
    AuditSource {
        /// A request of a user.
        User = "user",
        /// `madang admin` on the server's machine.
        CommandLine = "command_line",
        /// The server itself.
        Server = "server",
    }
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditEntry {
    /// Its number: 1, 2, 3, without holes.
    pub id: u64,
    /// The time of the act.
    pub at: Timestamp,
    /// The origin of the act; see [`AuditSource`]. A text, because a newer server may write another one.
    pub source: String,
    /// The user who acted; none for an act of another source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<User>,
    /// The kind; see [`AuditAct`].
    pub act: String,
    /// The user whom the act concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The room that the act concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// The invitation that the act concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<u64>,
    /// The change, such as `member → administrator`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The network from which the request came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The reason that the actor gave.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A page of the audit log, the newest entry first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Whether there are older ones.
    pub more: bool,
}

/// An account, as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedPerson {
    /// The user.
    pub user: User,
    /// The role in the workspace.
    pub role: Role,
    /// The time of the sign-up.
    pub made_at: Timestamp,
    /// The time at which the account was deactivated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivated_at: Option<Timestamp>,
    /// The number of sign-in sessions.
    pub sessions: u64,
    /// The last use of a session, to the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// A page of the people by id, without service accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountsPage {
    /// The people.
    pub people: Vec<ListedPerson>,
    /// Whether there are more.
    pub more: bool,
}

/// An invitation to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewInvitation {
    /// The role of the people who come by it.
    pub role: Role,
    /// The number of people who can come by it, at most [`MAX_INVITATION_USES`].
    pub uses: u32,
    /// Its life in milliseconds, at most [`MAX_INVITATION_MS`]; without an end if there is none.
    #[serde(default)]
    pub lasts_ms: Option<u64>,
    /// The rooms that the people join, at most [`MAX_INVITATION_ROOMS`].
    #[serde(default)]
    pub rooms: Vec<RoomId>,
    /// A note for administrators, at most [`MAX_NOTE_CHARS`].
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

/// A room, as administrators see it. A private room has no name here, unless the administrator is a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomSize {
    /// Which room.
    pub id: RoomId,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its kind; see [`RoomKind`].
    pub kind: RoomKind,
    /// The number of members, without service accounts.
    pub members: u64,
    /// The number of messages.
    pub messages: u64,
    /// Its managers, at most three.
    pub managers: Vec<User>,
}

/// A page of the rooms by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomSizesPage {
    /// The rooms.
    pub rooms: Vec<RoomSize>,
    /// Whether there are more.
    pub more: bool,
}

/// The settings of the workspace that can change while the server runs. A setting without a value is that of the
/// configuration; in a change, it stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkspaceSettings {
    /// The name of the workspace; none if it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The people who may make an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// The apps that are on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apps: Option<Apps>,
    /// Whether new messages are stored with their sentiment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moods: Option<bool>,
}

/// An act of an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdministrationAct {
    /// Gives a user another role.
    SetRole {
        /// The user.
        user: UserId,
        /// The new role.
        role: Role,
    },
    /// Deactivates an account: its sessions end, and nobody can sign in.
    Deactivate {
        /// The user.
        user: UserId,
    },
    /// Activates a deactivated account again.
    Reactivate {
        /// The user.
        user: UserId,
    },
    /// Makes an invitation.
    Invite(NewInvitation),
    /// Revokes an invitation.
    RevokeInvitation {
        /// Its number.
        invitation: u64,
    },
    /// Changes settings of the workspace.
    ChangeSettings(WorkspaceSettings),
}

/// A request for an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedAct {
    /// The act.
    pub act: AdministrationAct,
    /// The reason, for the audit log; at most [`MAX_REASON_CHARS`].
    #[serde(default)]
    pub reason: String,
}

/// The answer to a request for an act.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActAnswer {
    /// The number of the entry in the audit log; none if the act found nothing to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// The token of a new invitation. It is not stored, and cannot be shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}
