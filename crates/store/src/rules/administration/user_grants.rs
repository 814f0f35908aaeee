//! The decisions of administrators about the grants of single users.

use madang_hub::administration::{ActRequest, RecordedAct, check_grant_change};
use madang_hub::ports::TopicEvent;
use madang_shared::UserId;
use madang_shared::administration::AuditAct;
use madang_shared::grants::Grant;
use madang_shared::roles::Role;

use super::accounts::{about, target};
use super::audit::{Record, record};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Decides a grant of one user, or leaves it to the role.
pub(super) fn set(
    transaction: &dyn Transaction,
    (request, actor): (&ActRequest, Role),
    (user, grant, is_given): (UserId, Grant, Option<bool>),
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    check_grant_change(target(transaction, (request, actor), user)?.facts)?;
    let changed = if let Some(is_given) = is_given {
        let sql = "INSERT INTO user_grants (user_id, app_grant, is_given) VALUES (?1, ?2, ?3) \
            ON CONFLICT (user_id, app_grant) DO UPDATE SET is_given = excluded.is_given \
            WHERE user_grants.is_given <> excluded.is_given";
        transaction.execute(sql, &values![user.0, grant.name(), i64::from(is_given)])?
    } else {
        let sql = "DELETE FROM user_grants WHERE user_id = ?1 AND app_grant = ?2";
        transaction.execute(sql, &values![user.0, grant.name()])?
    };
    if changed == 0 {
        return Ok(RecordedAct::default());
    }
    let decision = match is_given {
        Some(true) => "given",
        Some(false) => "refused",
        None => "as the role",
    };
    let detail = format!("{}: {decision}", grant.name());
    let entry = Record { detail: &detail, ..about(request, AuditAct::SetGrant, user) };
    record(transaction, &entry, appended)
}
