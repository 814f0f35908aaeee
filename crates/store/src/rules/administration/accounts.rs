//! Roles and deactivation.

use madang_hub::administration::{
    ActRequest, Actor, RecordedAct, TargetFacts, check_deactivation, check_role_change,
};
use madang_hub::policy::rights::no_user;
use madang_hub::ports::TopicEvent;
use madang_shared::administration::AuditAct;
use madang_shared::roles::Role;
use madang_shared::{User, UserId};

use super::audit::{Record, record};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// A user as the rules see it.
struct Target {
    facts: TargetFacts,
    is_deactivated: bool,
}

fn target(
    transaction: &dyn Transaction,
    (request, actor): (&ActRequest, Role),
    user: UserId,
) -> Result<Target, StatementError> {
    let sql = "SELECT role, deactivated_at, \
        (SELECT count(*) FROM service_accounts WHERE user_id = users.id), \
        (SELECT count(*) FROM users AS others \
            WHERE others.role = 'owner' AND others.deactivated_at IS NULL AND others.id <> ?1) \
        FROM users WHERE id = ?1";
    let found = transaction.optional(sql, &values![user.0], |row| {
        let facts = TargetFacts {
            actor,
            is_self: request.actor == Actor::User(user),
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

/// The entry of an act about a user.
fn about(request: &ActRequest, act: AuditAct, user: UserId) -> Record<'_> {
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

/// The user with a name key.
pub(crate) fn user_named(
    transaction: &dyn Transaction,
    name_key: &str,
) -> Result<User, StatementError> {
    let sql = "SELECT id, name FROM users WHERE name_key = ?1";
    let user = transaction.optional(sql, &values![name_key], |row| {
        Ok(User { id: UserId(row.natural(0)?), name: row.string(1) })
    })?;
    Ok(user.ok_or_else(no_user)?)
}
