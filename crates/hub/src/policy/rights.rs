//! The rights of users. A request states its need ([`Need`]), the store reads the facts ([`UserFacts`],
//! [`RoomFacts`]) in the transaction of the request, and [`check`] decides. Anything that no rule allows is refused.
//!
//! **A room that a user may not know of does not exist for that user**: the refusal is the same as for a room that was
//! never made.
//!
//! `docs/permissions.md` shows the decisions for every request. A test makes the requests and writes that page.

use madang_shared::roles::{Posting, Role, RoomKind, RoomRole};
use madang_shared::{ErrorCode, Failure, RoomId, Topic, UserId};

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
            (Topic::Rooms, ..) => Self::DIRECTORY,
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
    /// To write messages, and to describe the room.
    Write,
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
}

impl RoomFacts {
    /// Whether the user may know of the room.
    fn is_known_to(self, user: &UserFacts) -> bool {
        self.role.is_some() || (self.kind == RoomKind::Public && user.role >= Role::Member)
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
            check_room(right, room)
        }
    }
}

/// Decides a request about a room that the user may know of.
fn check_room(right: RoomRight, room: RoomFacts) -> Result<(), Failure> {
    match right {
        RoomRight::Join if room.is_archived && room.role.is_none() => Err(archived()),
        RoomRight::Know | RoomRight::Join => Ok(()),
        RoomRight::Read => room.role.map(drop).ok_or_else(not_member),
        RoomRight::Write => check_writing(room.role.ok_or_else(not_member)?, room),
    }
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

fn announcements() -> Failure {
    Failure::new(ErrorCode::Forbidden, "Only the managers of this room write in it.")
}
