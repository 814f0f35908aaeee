//! Invitations to the workspace.

use std::collections::HashMap;

use madang_hub::administration::{
    ActRequest, Actor, InvitedUser, Invitee, RecordedAct, check_invited_role, no_invitation,
};
use madang_hub::policy::rights::{Need, RoomRight, no_room};
use madang_hub::ports::{TokenHash, TopicEvent};
use madang_shared::administration::{
    AuditAct, InvitationsPage, ListedInvitation, MAX_OPEN_INVITATIONS, NewInvitation,
    PAGE_ADMINISTERED,
};
use madang_shared::roles::{Access, Role};
use madang_shared::{ErrorCode, Failure, RoomId, Timestamp, User, UserId};

use super::audit::{Record, record};
use super::owners::has_owner;
use crate::error::StatementError;
use crate::rules::users::{self, Newcomer};
use crate::rules::{membership, rights};
use crate::transaction::{Row, Transaction, values};

pub(super) fn invite(
    transaction: &dyn Transaction,
    (request, actor): (&ActRequest, Role),
    invitation: &NewInvitation,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    check_invited_role(actor, invitation.role)?;
    for room in &invitation.rooms {
        require_room(transaction, request.actor, *room)?;
    }
    let sql = "SELECT count(*) FROM invitations WHERE revoked_at IS NULL \
        AND (expires_at > ?1 OR expires_at IS NULL) AND uses > \
        (SELECT count(*) FROM invitation_uses WHERE invitation_id = invitations.id)";
    let open = transaction.one(sql, &values![request.at.0], |row| row.natural(0))?;
    if open >= MAX_OPEN_INVITATIONS {
        let message = format!(
            "The limit of {MAX_OPEN_INVITATIONS} open invitations is reached; revoke some first."
        );
        return Err(Failure::new(ErrorCode::Forbidden, message).into());
    }
    let made_by = match request.actor {
        Actor::User(user) => Some(user.0),
        Actor::CommandLine | Actor::Server => None,
    };
    let sql = "INSERT INTO invitations (token_hash, role, uses, note, made_by, made_at, expires_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id";
    let expires_at = invitation.lasts_ms.map(|it| request.at.plus(it).0);
    let role = invitation.role.name();
    let row = values![
        request.token,
        role,
        invitation.uses,
        invitation.note,
        made_by,
        request.at.0,
        expires_at,
    ];
    let id = transaction.one(sql, &row, |row| row.natural(0))?;
    let sql = "INSERT INTO invitation_rooms (invitation_id, room_id) VALUES (?1, ?2)";
    for room in &invitation.rooms {
        transaction.run(sql, &values![id, room.0])?;
    }
    let detail = format!("{}, {}", invitation.role.name(), invitation.uses);
    record(transaction, &about(request, AuditAct::Invite, id, &detail), appended)
}

/// An invitation may name the rooms that its maker may show to others: public ones, and those of which the maker is a
/// member.
fn require_room(
    transaction: &dyn Transaction,
    actor: Actor,
    room: RoomId,
) -> Result<(), StatementError> {
    if let Actor::User(user) = actor {
        return rights::require(transaction, user, Need::Room(room, RoomRight::Know));
    }
    if transaction.exists("SELECT 1 FROM rooms WHERE id = ?1", &values![room.0])? {
        Ok(())
    } else {
        Err(no_room().into())
    }
}

pub(super) fn revoke(
    transaction: &dyn Transaction,
    (request, actor): (&ActRequest, Role),
    id: u64,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    let sql = "SELECT role FROM invitations WHERE id = ?1 AND is_setup = 0";
    let role = transaction.optional(sql, &values![id], |row| Ok(Role::parse(&row.string(0))))?;
    let role = role.ok_or_else(no_invitation)?;
    check_invited_role(actor, role.unwrap_or(Role::Owner))?;
    let sql = "UPDATE invitations SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
    if transaction.execute(sql, &values![id, request.at.0])? == 0 {
        return Ok(RecordedAct::default());
    }
    record(transaction, &about(request, AuditAct::RevokeInvitation, id, ""), appended)
}

fn about<'r>(request: &'r ActRequest, act: AuditAct, id: u64, detail: &'r str) -> Record<'r> {
    Record {
        actor: request.actor,
        at: request.at,
        network: request.network,
        act,
        user: None,
        room: None,
        invitation: Some(id),
        detail,
        reason: &request.reason,
    }
}

/// An invitation that is neither revoked nor ended.
pub(super) struct Valid {
    pub(super) id: u64,
    pub(super) role: Role,
    pub(super) invited_by: Option<String>,
    /// The server made it for the first owner.
    is_setup: bool,
    uses: u64,
    used: u64,
}

/// The valid invitation with a token. It gives no more than its maker may give now.
pub(super) fn find_valid(
    transaction: &dyn Transaction,
    token: &TokenHash,
    now: Timestamp,
) -> Result<Valid, StatementError> {
    let sql = "SELECT invitations.id, invitations.role, uses, is_setup, \
        (SELECT count(*) FROM invitation_uses WHERE invitation_id = invitations.id), \
        users.name, users.role, users.deactivated_at \
        FROM invitations LEFT JOIN users ON users.id = made_by \
        WHERE token_hash = ?1 AND revoked_at IS NULL AND (expires_at > ?2 OR expires_at IS NULL)";
    let found = transaction.optional(sql, &values![token, now.0], |row| {
        let invitation = Valid {
            id: row.natural(0)?,
            role: Role::parse(&row.string(1)).unwrap_or(Role::Guest),
            invited_by: row.optional_string(5),
            is_setup: row.integer(3)? != 0,
            uses: row.natural(2)?,
            used: row.natural(4)?,
        };
        let maker = row.optional_string(6).map(|role| Role::parse(&role).unwrap_or(Role::Guest));
        Ok((invitation, maker, row.optional_integer(7)?.is_some()))
    })?;
    let (invitation, maker, is_deactivated) = found.ok_or_else(no_invitation)?;
    let may_give = maker.is_none_or(|it| check_invited_role(it, invitation.role).is_ok());
    if is_deactivated || !may_give {
        return Err(no_invitation().into());
    }
    if invitation.is_setup && has_owner(transaction)? {
        return Err(no_invitation().into());
    }
    Ok(invitation)
}

impl Valid {
    /// Whether another person may come by it.
    pub(super) fn is_open(&self) -> bool {
        self.used < self.uses
    }
}

/// Accepts an invitation; see [`madang_hub::administration::Administration::accept_invitation`].
pub(crate) fn accept(
    transaction: &dyn Transaction,
    request: InvitedUser,
    appended: &mut Vec<TopicEvent>,
) -> Result<User, StatementError> {
    let InvitedUser { invitee, invitation: token, access, at, network } = request;
    let invitation = find_valid(transaction, &token, at)?;
    if access == Access::Closed && invitation.uses > 1 {
        return Err(no_invitation().into());
    }
    let rooms = rooms_of(transaction, invitation.id)?;
    let (user, role_before) = match invitee {
        Invitee::New(new) => {
            let invitation = Some(invitation.id);
            (users::sign_up_as(transaction, new, Newcomer { invitation }, appended)?, None)
        }
        Invitee::User(user) => {
            rights::require(transaction, user, Need::Account)?;
            (users::find(transaction, user)?, Some(rights::role(transaction, user)?))
        }
    };
    let sql = "INSERT INTO invitation_uses (invitation_id, user_id, at) VALUES (?1, ?2, ?3) \
        ON CONFLICT DO NOTHING";
    if transaction.execute(sql, &values![invitation.id, user.id.0, at.0])? == 0 {
        return Ok(user);
    }
    if !invitation.is_open() {
        return Err(no_invitation().into());
    }
    let role = role_before.map_or(invitation.role, |before| before.max(invitation.role));
    let sql = "UPDATE users SET role = ?2 WHERE id = ?1";
    transaction.execute(sql, &values![user.id.0, role.name()])?;
    if role_before.is_none() && role > Role::Guest {
        users::join_default_rooms(transaction, user.id, at, appended)?;
    }
    for room in rooms {
        if !membership::is_member(transaction, user.id, room)? {
            users::join(transaction, user.id, room, at, appended)?;
        }
    }
    let entry = Record {
        actor: Actor::User(user.id),
        at,
        network,
        act: if invitation.is_setup { AuditAct::BecomeOwner } else { AuditAct::AcceptInvitation },
        user: Some(user.id),
        room: None,
        invitation: Some(invitation.id),
        detail: role.name(),
        reason: "",
    };
    record(transaction, &entry, appended)?;
    Ok(user)
}

fn rooms_of(transaction: &dyn Transaction, id: u64) -> Result<Vec<RoomId>, StatementError> {
    let sql = "SELECT room_id FROM invitation_rooms WHERE invitation_id = ?1 ORDER BY room_id";
    transaction.all(sql, &values![id], |row| Ok(RoomId(row.natural(0)?)))
}

/// A page of the invitations, the newest first.
pub(crate) fn list(
    transaction: &dyn Transaction,
    before: Option<u64>,
) -> Result<InvitationsPage, StatementError> {
    let sql = "SELECT invitations.id, invitations.role, uses, note, made_by, users.name, \
        invitations.made_at, expires_at, revoked_at \
        FROM invitations LEFT JOIN users ON users.id = made_by \
        WHERE invitations.id < ?1 AND is_setup = 0 ORDER BY invitations.id DESC LIMIT ?2";
    let limit = PAGE_ADMINISTERED as u64 + 1;
    let before = before.unwrap_or(u64::MAX);
    let mut invitations = transaction.all(sql, &values![before, limit], listed)?;
    let more = invitations.len() > PAGE_ADMINISTERED;
    invitations.truncate(PAGE_ADMINISTERED);
    let (Some(newest), Some(oldest)) = (invitations.first(), invitations.last()) else {
        return Ok(InvitationsPage::default());
    };
    let range = values![oldest.id, newest.id];
    let sql = "SELECT invitation_id, users.id, users.name FROM invitation_uses \
        JOIN users ON users.id = user_id WHERE invitation_id BETWEEN ?1 AND ?2 \
        ORDER BY invitation_id, at, users.id";
    let people = transaction.all(sql, &range, |row| {
        let user = User { id: UserId(row.natural(1)?), name: row.string(2) };
        Ok((row.natural(0)?, user))
    })?;
    let sql = "SELECT invitation_id, room_id FROM invitation_rooms \
        WHERE invitation_id BETWEEN ?1 AND ?2 ORDER BY invitation_id, room_id";
    let rooms =
        transaction.all(sql, &range, |row| Ok((row.natural(0)?, RoomId(row.natural(1)?))))?;
    let (mut people, mut rooms) = (grouped(people), grouped(rooms));
    for invitation in &mut invitations {
        invitation.people = people.remove(&invitation.id).unwrap_or_default();
        invitation.rooms = rooms.remove(&invitation.id).unwrap_or_default();
    }
    Ok(InvitationsPage { invitations, more })
}

fn grouped<T>(pairs: Vec<(u64, T)>) -> HashMap<u64, Vec<T>> {
    let mut groups: HashMap<u64, Vec<T>> = HashMap::new();
    for (id, value) in pairs {
        groups.entry(id).or_default().push(value);
    }
    groups
}

fn listed(row: &Row<'_>) -> Result<ListedInvitation, StatementError> {
    let made_by = row.optional_natural(4)?.map(UserId);
    Ok(ListedInvitation {
        id: row.natural(0)?,
        role: Role::parse(&row.string(1)).unwrap_or(Role::Guest),
        uses: u32::try_from(row.natural(2)?).unwrap_or(u32::MAX),
        people: Vec::new(),
        rooms: Vec::new(),
        note: row.string(3),
        made_by: made_by.map(|id| User { id, name: row.string(5) }),
        made_at: Timestamp(row.natural(6)?),
        expires_at: row.optional_natural(7)?.map(Timestamp),
        revoked_at: row.optional_natural(8)?.map(Timestamp),
    })
}
