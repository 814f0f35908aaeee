//! The rights of users. A request states its need ([`Need`]), the store reads the facts ([`UserFacts`],
//! [`RoomFacts`]) in the transaction of the request, and [`check`] decides. Anything that no rule allows is refused.
//!
//! **A room that a user may not know of does not exist for that user**: the refusal is the same as for a room that was
//! never made.
//!
//! `docs/permissions.md` shows the decisions for every request. A test makes the requests and writes that page.

use madang_shared::roles::{Posting, Role, RoomKind, RoomRole};
use madang_shared::{ErrorCode, Failure, RoomId, Seq, Topic, UserId};

/// The server itself as the reader of topics. No user has this id, and no change has this author.
pub const SERVER: UserId = UserId(0);

/// The need of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// An account that is not deactivated.
    Account,
    /// At least this role in the workspace.
    Role(Role),
    /// To be this user: the request is about what belongs to one user.
    Own(UserId),
    /// A right in a room.
    Room(RoomId, RoomRight),
}

impl Need {
    /// The need of the list of public rooms.
    pub const DIRECTORY: Self = Self::Role(Role::Member);
    /// The need of everything that administrators see and do.
    pub const ADMINISTRATION: Self = Self::Role(Role::Administrator);

    /// The need of a subscriber of the topic.
    pub fn of_topic(topic: Topic) -> Self {
        match (topic, topic.owner(), topic.room()) {
            (Topic::Administration, ..) => Self::ADMINISTRATION,
            (_, Some(owner), _) => Self::Own(owner),
            (_, None, Some(room)) => Self::Room(room, RoomRight::Read),
            (_, None, None) => Self::Account,
        }
    }

    /// The room of which the decision needs the facts.
    pub fn room(self) -> Option<RoomId> {
        match self {
            Self::Room(room, _) => Some(room),
            Self::Account | Self::Role(_) | Self::Own(_) => None,
        }
    }
}

/// The need of a request that every user may make.
pub fn account<T>(_request: &T) -> Need {
    Need::Account
}

/// A right in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomRight {
    /// To know that the room exists.
    Know,
    /// To become a member by oneself.
    Join,
    /// To read the messages, and to keep a read mark.
    Read,
    /// To write messages.
    Write,
    /// To describe the room.
    Describe,
    /// To end one's own membership.
    Leave,
    /// To change the room's facts, and to invite users.
    Change,
    /// To archive the room and bring it back, to remove members, and to delete it.
    Manage,
    /// To decide about all new users.
    Administer,
}

/// The facts about a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserFacts {
    /// The user.
    pub user: UserId,
    /// The role in the workspace.
    pub role: Role,
    /// Whether the account is deactivated.
    pub is_deactivated: bool,
}

/// The facts about a room, and about a user in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomFacts {
    /// The kind.
    pub kind: RoomKind,
    /// The members who may write.
    pub posting: Posting,
    /// Whether the room is archived: it can be read, and not changed.
    pub is_archived: bool,
    /// The role of the user in the room; none for a user who is no member.
    pub role: Option<RoomRole>,
    /// The user sees the messages after this one.
    pub sees_after: Seq,
}

impl RoomFacts {
    /// Whether the user may know of the room.
    fn is_known_to(self, user: &UserFacts) -> bool {
        self.role.is_some() || (self.kind == RoomKind::Public && user.role >= Role::Member)
    }

    /// Whether the user manages the room: as its manager, or as an administrator, who manages all public rooms.
    fn is_managed_by(self, user: &UserFacts) -> bool {
        match self.kind {
            RoomKind::Direct => false,
            RoomKind::Public if user.role >= Role::Administrator => true,
            RoomKind::Public | RoomKind::Private => self.role == Some(RoomRole::Manager),
        }
    }
}

/// Decides a request. `room` has the facts about the room of [`Need::room`]; none if the room does not exist.
///
/// # Errors
/// The refusal, in a sentence for the user: `forbidden`, `not_member` or `not_found`.
pub fn check(need: Need, user: &UserFacts, room: Option<RoomFacts>) -> Result<(), Failure> {
    if user.is_deactivated {
        return Err(deactivated());
    }
    match need {
        Need::Account => Ok(()),
        Need::Role(role) if user.role >= role => Ok(()),
        Need::Role(role) => Err(lesser_role(role)),
        Need::Own(owner) if owner == user.user => Ok(()),
        Need::Own(_) => Err(other_owner()),
        Need::Room(_, right) => {
            let room = room.filter(|room| room.is_known_to(user)).ok_or_else(no_room)?;
            check_room(right, user, room)
        }
    }
}

/// Decides a request about a room that the user may know of.
fn check_room(right: RoomRight, user: &UserFacts, room: RoomFacts) -> Result<(), Failure> {
    match right {
        RoomRight::Join if room.is_archived && room.role.is_none() => Err(archived()),
        RoomRight::Leave if room.kind == RoomKind::Direct => Err(direct()),
        RoomRight::Know | RoomRight::Join | RoomRight::Leave => Ok(()),
        RoomRight::Read => room.role.map(drop).ok_or_else(not_member),
        RoomRight::Describe if room.is_managed_by(user) && !room.is_archived => Ok(()),
        RoomRight::Write | RoomRight::Describe => {
            check_writing(room.role.ok_or_else(not_member)?, room)
        }
        RoomRight::Change | RoomRight::Manage | RoomRight::Administer => {
            check_managing(right, user, room)
        }
    }
}

/// Decides a request that needs a manager or an administrator.
fn check_managing(right: RoomRight, user: &UserFacts, room: RoomFacts) -> Result<(), Failure> {
    if right == RoomRight::Administer {
        if user.role < Role::Administrator {
            return Err(lesser_role(Role::Administrator));
        }
        if room.kind != RoomKind::Public {
            return Err(not_public());
        }
    }
    if !room.is_managed_by(user) {
        return Err(if room.kind == RoomKind::Direct { direct() } else { not_manager() });
    }
    // An archived room can be brought back, emptied of members and deleted, and not changed otherwise.
    if room.is_archived && right != RoomRight::Manage { Err(archived()) } else { Ok(()) }
}

fn check_writing(role: RoomRole, room: RoomFacts) -> Result<(), Failure> {
    if room.is_archived {
        return Err(archived());
    }
    match (role, room.posting) {
        (RoomRole::Manager, _) | (RoomRole::Member, Posting::Members) => Ok(()),
        (RoomRole::Member, Posting::Managers) => Err(announcements()),
        (RoomRole::Reader, _) => Err(reader()),
    }
}

/// The refusal for a room that does not exist, or of which the user may not know.
pub fn no_room() -> Failure {
    Failure::new(ErrorCode::NotFound, "This room does not exist.")
}

/// The refusal for a room that the user may join and has not joined.
pub fn not_member() -> Failure {
    Failure::new(ErrorCode::NotMember, "You are not a member of this room; join it first.")
}

/// The refusal for a topic of another user.
pub fn other_owner() -> Failure {
    Failure::new(ErrorCode::Forbidden, "This topic belongs to another user.")
}

/// The refusal for a user that does not exist.
pub fn no_user() -> Failure {
    Failure::new(ErrorCode::NotFound, "This user does not exist.")
}

fn deactivated() -> Failure {
    let message = "This account is deactivated; ask an administrator of the workspace.";
    Failure::new(ErrorCode::Forbidden, message)
}

fn lesser_role(needed: Role) -> Failure {
    let message = format!("This needs the role `{}` in the workspace.", needed.name());
    Failure::new(ErrorCode::Forbidden, message)
}

fn archived() -> Failure {
    Failure::new(ErrorCode::Forbidden, "This room is archived; it can only be read.")
}

fn reader() -> Failure {
    let message = "You are a reader of this room; ask one of its managers for the right to write.";
    Failure::new(ErrorCode::Forbidden, message)
}

fn not_manager() -> Failure {
    Failure::new(ErrorCode::Forbidden, "This needs a manager of the room.")
}

fn not_public() -> Failure {
    Failure::new(ErrorCode::Forbidden, "This needs a public room.")
}

fn direct() -> Failure {
    let message =
        "A direct conversation keeps its people and has no manager; mute it instead of leaving it.";
    Failure::new(ErrorCode::Forbidden, message)
}

fn announcements() -> Failure {
    Failure::new(ErrorCode::Forbidden, "Only the managers of this room write in it.")
}
