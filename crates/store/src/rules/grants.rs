//! The grants of users in the apps: reads the facts, and lets the hub decide.

use madang_hub::policy::grants::{GrantFacts, default_grants};
use madang_hub::policy::rights;
use madang_hub::ports::TopicEvent;
use madang_shared::grants::{Grant, Grants, MAX_NAMED_ADMINISTRATORS, OwnGrants, RoleGrants};
use madang_shared::roles::{Access, Role};
use madang_shared::{User, UserId};
use serde::de::DeserializeOwned;

use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// The grants of a user, and those of them that were decided for this user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UserGrants {
    pub(crate) grants: Grants,
    pub(crate) decided: Grants,
}

/// The grants of a user.
pub(crate) fn of_user(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<Grants, StatementError> {
    let found = of_users(transaction, user, user)?;
    Ok(found.first().ok_or_else(rights::no_user)?.1.grants)
}

/// The grants of the users from one to another, by id.
pub(crate) fn of_users(
    transaction: &dyn Transaction,
    first: UserId,
    last: UserId,
) -> Result<Vec<(UserId, UserGrants)>, StatementError> {
    // One statement, because every request of an app executes it.
    let sql = "SELECT users.id, users.role, \
        (SELECT count(*) FROM service_accounts WHERE service_accounts.user_id = users.id), \
        user_grants.app_grant, user_grants.is_given, \
        (SELECT value FROM workspace_settings WHERE name = 'grants'), \
        (SELECT value FROM workspace_settings WHERE name = 'access'), \
        (SELECT access FROM configured_access WHERE id = 1) \
        FROM users LEFT JOIN user_grants ON user_grants.user_id = users.id \
        WHERE users.id BETWEEN ?1 AND ?2 ORDER BY users.id";
    let rows = transaction.all(sql, &values![first.0, last.0], |row| {
        let facts = GrantFacts {
            role: Role::parse(&row.string(1)).unwrap_or(Role::Guest),
            is_service: row.integer(2)? != 0,
            of_roles: role_grants_in(row, 5),
            given: Grants::default(),
            refused: Grants::default(),
        };
        // A grant that this version does not know was decided by a newer one.
        let grant = row.optional_string(3).and_then(|name| Grant::parse(&name));
        Ok((UserId(row.natural(0)?), facts, grant, row.optional_integer(4)?))
    })?;
    let mut facts: Vec<(UserId, GrantFacts)> = Vec::new();
    for (user, of_user, grant, is_given) in rows {
        if facts.last().is_none_or(|(last, _)| *last != user) {
            facts.push((user, of_user));
        }
        if let (Some((_, facts)), Some(grant)) = (facts.last_mut(), grant) {
            let is_given = is_given == Some(1);
            let of = if is_given { &mut facts.given } else { &mut facts.refused };
            *of = of.with(grant, true);
        }
    }
    let of = |facts: GrantFacts| {
        let decided = facts.refused.iter().fold(facts.given, |all, grant| all.with(grant, true));
        UserGrants { grants: facts.grants(), decided }
    };
    Ok(facts.into_iter().map(|(user, facts)| (user, of(facts))).collect())
}

/// The grants of each role.
pub(crate) fn of_roles(transaction: &dyn Transaction) -> Result<RoleGrants, StatementError> {
    let sql = "SELECT (SELECT value FROM workspace_settings WHERE name = 'grants'), \
        (SELECT value FROM workspace_settings WHERE name = 'access'), access \
        FROM configured_access WHERE id = 1";
    let found = transaction.optional(sql, &[], |row| Ok(role_grants_in(row, 0)))?;
    Ok(found.unwrap_or(default_grants(Access::Closed)))
}

/// The grants of each role, from the columns of the setting `grants`, the setting `access` and the configured access. A value
/// that this version cannot read means the fewest grants.
fn role_grants_in(row: &Row<'_>, first: usize) -> RoleGrants {
    if let Some(grants) = row.optional_string(first) {
        return decoded(&grants).unwrap_or_default();
    }
    let access = match row.optional_string(first + 1) {
        Some(access) => decoded(&access),
        None => row.optional_string(first + 2).and_then(|access| Access::parse(&access)),
    };
    default_grants(access.unwrap_or(Access::Closed))
}

fn decoded<T: DeserializeOwned>(json: &str) -> Option<T> {
    serde_json::from_str(json).ok()
}

/// The grants of a user for the user's own app, and the first administrators.
pub(crate) fn own(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<OwnGrants, StatementError> {
    let sql = "SELECT id, name FROM users \
        WHERE role IN ('owner', 'administrator') AND deactivated_at IS NULL ORDER BY id LIMIT ?1";
    let limit = MAX_NAMED_ADMINISTRATORS as u64;
    let administrators = transaction.all(sql, &values![limit], |row| {
        Ok(User { id: UserId(row.natural(0)?), name: row.string(1) })
    })?;
    Ok(OwnGrants { grants: of_user(transaction, user)?, administrators })
}

/// Stores the access of the configuration.
pub(crate) fn configure_access(
    transaction: &dyn Transaction,
    access: Access,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "UPDATE configured_access SET access = ?1 WHERE id = 1 AND access <> ?1";
    transaction.execute(sql, &values![access.name()])?;
    Ok(())
}
