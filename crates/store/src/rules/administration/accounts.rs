//! Roles and deactivation.

use madang_hub::accounts::SessionRecord;
use madang_hub::administration::{
    ActRequest, Actor, RecordedAct, TargetFacts, check_deactivation, check_role_change,
};
use madang_hub::erasure::other_name;
use madang_hub::policy::name_key;
use madang_hub::policy::rights::no_user;
use madang_hub::ports::TopicEvent;
use madang_shared::administration::AuditAct;
use madang_shared::roles::Role;
use madang_shared::{User, UserId};

use super::audit::{Record, record};
use crate::error::StatementError;
use crate::rules::accounts::sessions;
use crate::rules::{erasure, erasure_list};
use crate::transaction::{Transaction, values};

/// A user as the rules see it.
pub(crate) struct Target {
    pub(crate) facts: TargetFacts,
    is_deactivated: bool,
}

pub(crate) fn target(
    transaction: &dyn Transaction,
    (request, actor): (&ActRequest, Role),
    user: UserId,
) -> Result<Target, StatementError> {
    target_of(transaction, (request.actor, actor), user)
}

/// The user as the rules see it, with the role of the actor.
fn target_of(
    transaction: &dyn Transaction,
    (by, actor): (Actor, Role),
    user: UserId,
) -> Result<Target, StatementError> {
    let sql = "SELECT role, deactivated_at, \
        (SELECT count(*) FROM service_accounts WHERE user_id = users.id), \
        (SELECT count(*) FROM users AS others \
            WHERE others.role = 'owner' AND others.deactivated_at IS NULL AND others.id <> ?1) \
        FROM users WHERE id = ?1 AND erased_at IS NULL";
    let found = transaction.optional(sql, &values![user.0], |row| {
        let facts = TargetFacts {
            actor,
            is_self: by == Actor::User(user),
            role: Role::parse(&row.string(0)).unwrap_or(Role::Guest),
            is_service: row.integer(2)? != 0,
            is_last_owner: row.integer(3)? == 0,
        };
        Ok(Target { facts, is_deactivated: row.optional_integer(1)?.is_some() })
    })?;
    Ok(found.ok_or_else(no_user)?)
}

pub(super) fn set_role(
    transaction: &dyn Transaction,
    (request, actor): (&ActRequest, Role),
    user: UserId,
    role: Role,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    let Target { facts, is_deactivated } = target(transaction, (request, actor), user)?;
    // A deactivated owner does not count: the last active one stays.
    let is_last_owner = facts.is_last_owner && !is_deactivated;
    check_role_change(TargetFacts { is_last_owner, ..facts }, role)?;
    if facts.role == role {
        return Ok(RecordedAct::default());
    }
    let sql = "UPDATE users SET role = ?2 WHERE id = ?1";
    transaction.execute(sql, &values![user.0, role.name()])?;
    let detail = format!("{} → {}", facts.role.name(), role.name());
    let record_of = about(request, AuditAct::SetRole, user);
    record(transaction, &Record { detail: &detail, ..record_of }, appended)
}

/// Deactivates an account, and ends its sessions. The texts of the user stay.
pub(super) fn deactivate(
    transaction: &dyn Transaction,
    (request, actor): (&ActRequest, Role),
    user: UserId,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    let Target { facts, is_deactivated } = target(transaction, (request, actor), user)?;
    check_deactivation(facts)?;
    if is_deactivated {
        return Ok(RecordedAct::default());
    }
    let sql = "UPDATE users SET deactivated_at = ?2 WHERE id = ?1";
    transaction.execute(sql, &values![user.0, request.at.0])?;
    transaction.execute("DELETE FROM sessions WHERE user_id = ?1", &values![user.0])?;
    record(transaction, &about(request, AuditAct::Deactivate, user), appended)
}

pub(super) fn reactivate(
    transaction: &dyn Transaction,
    (request, actor): (&ActRequest, Role),
    user: UserId,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    let Target { facts, is_deactivated } = target(transaction, (request, actor), user)?;
    // The present owners lose nothing by another one.
    check_deactivation(TargetFacts { is_last_owner: false, ..facts })?;
    if !is_deactivated {
        return Ok(RecordedAct::default());
    }
    let sql = "UPDATE users SET deactivated_at = NULL WHERE id = ?1";
    transaction.execute(sql, &values![user.0])?;
    record(transaction, &about(request, AuditAct::Reactivate, user), appended)
}

/// Ends one session of a user, or all of them.
pub(super) fn end_sessions(
    transaction: &dyn Transaction,
    (request, actor): (&ActRequest, Role),
    user: UserId,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    let Target { facts, .. } = target(transaction, (request, actor), user)?;
    // The last owner can sign in again.
    check_deactivation(TargetFacts { is_last_owner: false, ..facts })?;
    let ended = match request.token {
        Some(token) => {
            let sql = "DELETE FROM sessions WHERE user_id = ?1 AND token_hash = ?2";
            transaction.execute(sql, &values![user.0, token])?
        }
        None => transaction.execute("DELETE FROM sessions WHERE user_id = ?1", &values![user.0])?,
    };
    if ended == 0 {
        return Ok(RecordedAct::default());
    }
    let detail = ended.to_string();
    let record_of = about(request, AuditAct::EndSessions, user);
    record(transaction, &Record { detail: &detail, ..record_of }, appended)
}

/// The sessions of a user, for those who may end them.
pub(crate) fn sessions_of(
    transaction: &dyn Transaction,
    reader: UserId,
    user: UserId,
) -> Result<Vec<SessionRecord>, StatementError> {
    let actor = super::require_administrator(transaction, Actor::User(reader))?;
    let Target { facts, .. } = target_of(transaction, (Actor::User(reader), actor), user)?;
    check_deactivation(TargetFacts { is_last_owner: false, ..facts })?;
    sessions::of_user(transaction, user)
}

/// The entry of an act about a user.
pub(crate) fn about(request: &ActRequest, act: AuditAct, user: UserId) -> Record<'_> {
    Record {
        actor: request.actor,
        at: request.at,
        network: request.network,
        act,
        user: Some(user),
        room: None,
        invitation: None,
        detail: "",
        reason: &request.reason,
    }
}

/// Erases an account. The users themselves may do it too.
pub(super) fn erase(
    transaction: &dyn Transaction,
    (request, actor): (&ActRequest, Role),
    (user, name): (UserId, &str),
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    let Target { facts, .. } = target(transaction, (request, actor), user)?;
    check_deactivation(facts)?;
    let sql = "SELECT 1 FROM users WHERE id = ?1 AND name_key = ?2";
    if !transaction.exists(sql, &values![user.0, name_key(name.trim())])? {
        return Err(other_name().into());
    }
    let act = about(request, AuditAct::Erase, user);
    let recorded = erasure::erase(transaction, &act, user, appended)?;
    if let Some(record) = &recorded.erasure {
        erasure_list::add(transaction, record)?;
    }
    Ok(recorded)
}

/// The user with a name key.
pub(crate) fn user_named(
    transaction: &dyn Transaction,
    name_key: &str,
) -> Result<User, StatementError> {
    let sql = "SELECT id, name FROM users WHERE name_key = ?1 AND erased_at IS NULL";
    let user = transaction.optional(sql, &values![name_key], |row| {
        Ok(User { id: UserId(row.natural(0)?), name: row.string(1) })
    })?;
    Ok(user.ok_or_else(no_user)?)
}
