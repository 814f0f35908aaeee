//! The rights of users. A request states its need ([`Need`]), the store reads the facts ([`UserFacts`],
//! [`RoomFacts`]) in the transaction of the request, and [`check`] decides. Anything that no rule allows is refused.
//!
//! **A room that a user may not know of does not exist for that user**: the refusal is the same as for a room that was
//! never made.
//!
//! `docs/permissions.md` shows the decisions for every request. A test makes the requests and writes that page.

use madang_shared::grants::{Grant, Grants};
use madang_shared::moderation::ReportAction;
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
    /// At least one of these grants.
    AnyGrant(Grants),
    /// A right in a room.
    Room(RoomId, RoomRight),
}

impl Need {
    /// The need of the list of public rooms.
    pub const DIRECTORY: Self = Self::Role(Role::Member);
    /// The need of everything that administrators see and do.
    pub const ADMINISTRATION: Self = Self::Role(Role::Administrator);

    /// The need of the readers of the feed.
    pub const FEED: Self = Self::AnyGrant(Grants::of(&[Grant::ReadFeed]));
    /// The need of those who see the orders of all customers.
    pub const ALL_ORDERS: Self = Self::AnyGrant(Grants::of(&[Grant::Kitchen, Grant::Rider]));

    /// The need of a subscriber of the topic.
    pub fn of_topic(topic: Topic) -> Self {
        match (topic, topic.owner(), topic.room()) {
            (Topic::Administration | Topic::Health, ..) => Self::ADMINISTRATION,
            (Topic::Posts | Topic::PostNotices, ..) => Self::FEED,
            (Topic::Orders | Topic::OrderNotices, ..) => Self::ALL_ORDERS,
            (Topic::Menu, ..) => {
                Self::AnyGrant(Grants::of(&[Grant::Customer, Grant::Kitchen, Grant::Rider]))
            }
            (_, Some(owner), _) => Self::Own(owner),
            (_, None, Some(room)) => Self::Room(room, RoomRight::Read),
            (_, None, None) => Self::Account,
        }
    }

    /// The room of which the decision needs the facts.
    pub fn room(self) -> Option<RoomId> {
        match self {
            Self::Room(room, _) => Some(room),
            Self::Account | Self::Role(_) | Self::Own(_) | Self::AnyGrant(_) => None,
        }
    }

    /// Whether the decision needs the grants of the user.
    pub fn is_of_grants(self) -> bool {
        matches!(self, Self::AnyGrant(_))
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
    /// To react to messages.
    React,
    /// To describe the room.
    Describe,
    /// To end one's own membership.
    Leave,
    /// To delete messages: as a member one's own, as a moderator all.
    Delete,
    /// To delete messages of others, to silence users, and to decide reports.
    Moderate,
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
    /// The grants in the apps. They are read for a need of grants only ([`Need::is_of_grants`]), and missing otherwise.
    pub grants: Grants,
}

/// The facts about an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderFacts {
    /// The customer.
    pub customer: UserId,
    /// The rider who has it.
    pub rider: Option<UserId>,
    /// Whether it goes to a table of the restaurant.
    pub is_at_table: bool,
}

/// A right about one order. The general need of the command is checked before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderRight {
    /// To cancel it, or to undo that.
    Cancel,
    /// To set it to delivered.
    Deliver,
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
        Need::AnyGrant(grants) if user.grants.has_any(grants) => Ok(()),
        Need::AnyGrant(grants) => Err(no_grant(grants)),
        Need::Room(_, right) => {
            let room = room.filter(|room| room.is_known_to(user)).ok_or_else(no_room)?;
            check_room(right, user, room)
        }
    }
}

/// Decides a request about one order. The order of another customer does not exist for a user who is customer only.
///
/// # Errors
/// The refusal, in a sentence for the user: `forbidden` or `not_found`.
pub fn check_order(
    right: OrderRight,
    (user, grants): (UserId, Grants),
    order: Option<OrderFacts>,
) -> Result<(), Failure> {
    let staff = |grant| grants.contains(grant);
    let sees_all = staff(Grant::Kitchen) || staff(Grant::Rider);
    let order = order.filter(|it| sees_all || it.customer == user).ok_or_else(no_order)?;
    let is_allowed = match right {
        OrderRight::Cancel => {
            staff(Grant::Kitchen) || (staff(Grant::Customer) && order.customer == user)
        }
        // The restaurant may end a delivery too: a rider's phone may be dead.
        OrderRight::Deliver => {
            staff(Grant::Kitchen)
                || (staff(Grant::Rider) && !order.is_at_table && order.rider == Some(user))
        }
    };
    if is_allowed { Ok(()) } else { Err(no_grant(Grants::of(&[Grant::Kitchen]))) }
}

/// Decides a request about a room that the user may know of.
fn check_room(right: RoomRight, user: &UserFacts, room: RoomFacts) -> Result<(), Failure> {
    match right {
        RoomRight::Join if room.is_archived && room.role.is_none() => Err(archived()),
        RoomRight::Leave if room.kind == RoomKind::Direct => Err(direct()),
        RoomRight::Know | RoomRight::Join | RoomRight::Leave => Ok(()),
        RoomRight::React if room.is_archived => Err(archived()),
        // Readers of announcements react too.
        RoomRight::Read | RoomRight::React => room.role.map(drop).ok_or_else(not_member),
        RoomRight::Describe if room.is_managed_by(user) && !room.is_archived => Ok(()),
        RoomRight::Write | RoomRight::Describe => {
            check_writing(room.role.ok_or_else(not_member)?, room)
        }
        RoomRight::Delete if room.role.is_some() || room.is_managed_by(user) => Ok(()),
        RoomRight::Delete => Err(not_member()),
        RoomRight::Moderate | RoomRight::Change | RoomRight::Manage | RoomRight::Administer => {
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
    // An archived room can be brought back, emptied of members, moderated and deleted, and not changed otherwise.
    let is_kept = matches!(right, RoomRight::Manage | RoomRight::Moderate);
    if room.is_archived && !is_kept { Err(archived()) } else { Ok(()) }
}

/// The rights of a moderator in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportRights {
    /// Whether the user moderates the room of the message.
    pub manages_room: bool,
    /// Whether the user is an administrator of the workspace.
    pub administers: bool,
}

/// The rights of a user in a report of a message in `room` by `author`; none for a user who may not know of the report.
/// Administrators see the reports of all rooms, because a reader has given them the message. Nobody decides about the own
/// message, except an owner, who may be alone.
pub fn report_rights(user: &UserFacts, room: RoomFacts, author: UserId) -> Option<ReportRights> {
    let administers = user.role >= Role::Administrator;
    let manages_room = room.is_managed_by(user);
    let is_biased = user.user == author && user.role < Role::Owner;
    let may_decide = (administers || manages_room) && !is_biased && !user.is_deactivated;
    may_decide.then_some(ReportRights { manages_room, administers })
}

/// Decides an act on a report.
///
/// # Errors
/// `forbidden`.
pub fn check_report_action(rights: ReportRights, action: ReportAction) -> Result<(), Failure> {
    match action {
        ReportAction::Dismiss | ReportAction::Delete | ReportAction::Silence { .. } => Ok(()),
        ReportAction::Remove if rights.manages_room => Ok(()),
        ReportAction::Remove => Err(not_manager()),
        ReportAction::Ban { .. } if rights.administers => Ok(()),
        ReportAction::Ban { .. } => Err(lesser_role(Role::Administrator)),
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

/// The refusal for an order that does not exist, or of which the user may not know.
pub fn no_order() -> Failure {
    Failure::new(ErrorCode::NotFound, "This order does not exist.")
}

fn no_grant(needed: Grants) -> Failure {
    let names: Vec<String> = needed.iter().map(|grant| format!("`{}`", grant.name())).collect();
    let message = format!(
        "This needs the grant {}; ask an administrator of the workspace.",
        names.join(" or ")
    );
    Failure::new(ErrorCode::Forbidden, message)
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
