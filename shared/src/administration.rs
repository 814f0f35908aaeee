//! Administration: the acts of administrators, the audit log, and the pages over HTTP that show people, invitations and
//! rooms to administrators. Topic [`Topic::Administration`].
//!
//! The app loads pages over HTTP and loads them again when the topic advances, so that an event needs no content.
//!
//! [`Topic::Administration`]: crate::Topic::Administration

use serde::{Deserialize, Serialize};

use crate::apps::Apps;
pub use crate::audit::{AuditEntry, AuditPage};
use crate::erasure::ErasureReceipt;
use crate::grants::{Grant, Grants, RoleGrants};
pub use crate::health::{HealthEvent, HealthSnapshot};
use crate::ids::{RoomId, Timestamp, User, UserId};
use crate::moderation::Ban;
use crate::roles::{Access, Role, RoomKind};

pub use crate::invitations::{InvitationsPage, ListedInvitation, NewInvitation, OfferedInvitation};

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
/// The path of the grants of each role.
pub const ROLE_GRANTS_PATH: &str = "/api/administration/grants";
/// The path of the settings of the workspace as they are in effect: a [`WorkspaceSettings`] in which all have a value.
pub const SETTINGS_PATH: &str = "/api/administration/settings";
/// The path of the state of the server.
pub const HEALTH_PATH: &str = "/api/administration/health";
/// The path of the first owner, on the server's own machine. `GET`: an [`OwnershipOffer`]. `POST`: the token of the set-up
/// link, in an [`ActAnswer`]; the page of the link makes its reader the owner.
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

/// The largest age of a session that can be set, in days.
pub const MAX_SESSION_DAYS: u64 = 3_650;
/// The longest limit in which messages can be changed, in minutes: a year.
pub const MAX_EDIT_MINUTES: u64 = 525_600;

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
        /// Sign-in sessions of a user were ended.
        EndSessions = "end_sessions",
        /// An account was erased, with what its user wrote.
        Erase = "erase",
        /// Settings of the workspace were changed.
        ChangeSettings = "change_settings",
        /// A grant of a user was given, refused, or left to the role again.
        SetGrant = "set_grant",
        /// A moderator deleted a message of another user.
        DeleteMessage = "delete_message",
        /// A user was silenced, in a room or in the workspace.
        Silence = "silence",
        /// A silence was ended early.
        EndSilence = "end_silence",
        /// A member was removed from a room.
        RemoveMember = "remove_member",
        /// A member of a room got another role there.
        SetRoomRole = "set_room_role",
        /// A user was invited to a private room.
        InviteToRoom = "invite_to_room",
        /// A fact of a room was changed.
        ChangeRoom = "change_room",
        /// A room was deleted.
        DeleteRoom = "delete_room",
        /// An account was banned.
        Ban = "ban",
        /// The ban of an account was ended early.
        EndBan = "end_ban",
        /// A network was banned.
        BanAddress = "ban_address",
        /// The ban of a network was ended early.
        EndAddressBan = "end_address_ban",
        /// A message was reported.
        Report = "report",
        /// A report was decided.
        DecideReport = "decide_report",
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

/// An account, as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedPerson {
    /// The user.
    pub user: User,
    /// The display name; empty for a user without one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// The role in the workspace.
    pub role: Role,
    /// The grants in the apps.
    #[serde(default)]
    pub grants: Grants,
    /// The grants that were decided for this user; the others are those of the role.
    #[serde(default)]
    pub decided: Grants,
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
    /// The ban of the account. Its end may have passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ban: Option<Ban>,
    /// The end of the silence in the workspace. It may have passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silenced_until: Option<Timestamp>,
}

/// A page of the people by id, without service accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountsPage {
    /// The people.
    pub people: Vec<ListedPerson>,
    /// Whether there are more.
    pub more: bool,
}

/// Whether the reader may set the server up with one click: the server has no owner, serves its own machine alone, and the
/// reader is at that machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnershipOffer {
    /// Whether the set-up link is to be had.
    pub offered: bool,
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
    /// Whether it is archived.
    #[serde(default)]
    pub archived: bool,
    /// Whether new users become members.
    #[serde(default)]
    pub is_default: bool,
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
    /// The minutes in which the author of a message may change its text; 0 for no limit, as without a value. At most
    /// [`MAX_EDIT_MINUTES`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit_minutes: Option<u64>,
    /// The grants of each role. Without a value they follow from the access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<RoleGrants>,
    /// The days after which an unused session ends, at most [`MAX_SESSION_DAYS`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_idle_days: Option<u64>,
    /// The days after which every session ends, at most [`MAX_SESSION_DAYS`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_max_days: Option<u64>,
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
    /// Decides a grant of one user.
    SetGrant {
        /// The user.
        user: UserId,
        /// The grant.
        grant: Grant,
        /// Whether the user has it; none leaves it to the role.
        is_given: Option<bool>,
    },
    /// Ends the sign-in sessions of a user.
    EndSessions {
        /// The user.
        user: UserId,
        /// The public id of the only session that ends; all of them without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
    },
    /// Erases an account with everything that its user wrote. It cannot be undone.
    Erase {
        /// The user.
        user: UserId,
        /// The name of the user, typed once more.
        name: String,
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
    /// Silences a user in the whole workspace. Needs a reason.
    Silence {
        /// The user.
        user: UserId,
        /// The duration from now on in milliseconds, at most [`MAX_RESTRICTION_MS`]; 0 ends the silence.
        ///
        /// [`MAX_RESTRICTION_MS`]: crate::moderation::MAX_RESTRICTION_MS
        lasts_ms: u64,
    },
    /// Bans an account: its connections end, and nobody can sign in until the end of the ban. Needs a reason.
    Ban {
        /// The user.
        user: UserId,
        /// The duration from now on in milliseconds; without an end if there is none.
        #[serde(default)]
        lasts_ms: Option<u64>,
    },
    /// Ends the ban of an account. Needs a reason.
    EndBan {
        /// The user.
        user: UserId,
    },
    /// Bans an address or a network: its requests and sockets are refused until the end of the ban. Needs a reason.
    BanAddress {
        /// The address or network, such as `203.0.113.7`, `203.0.113.0/24` or `2001:db8::/48`. One IPv6 address stands for
        /// its network of 64 bits.
        network: String,
        /// The duration from now on in milliseconds; without an end if there is none.
        #[serde(default)]
        lasts_ms: Option<u64>,
    },
    /// Ends the ban of a network. Needs a reason.
    EndAddressBan {
        /// The network as it was banned.
        network: String,
    },
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
    /// The token of a new invitation, or of the set-up link. It is not stored, and cannot be shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The receipt of an erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ErasureReceipt>,
}
