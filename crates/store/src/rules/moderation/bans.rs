//! Bans of accounts. Sessions stay, so that a user without a password comes back after the end of a ban; they are refused
//! until then.

use madang_hub::administration::RecordedAct;
use madang_hub::policy::restrictions::{check_ban, is_in_force};
use madang_hub::ports::{TokenHash, TopicEvent};
use madang_shared::administration::AuditAct;
use madang_shared::moderation::Ban;
use madang_shared::{Timestamp, UserId};

use super::{Origin, require_restrictable};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// The ban in two columns, the end and the reason; none without a reason.
pub(crate) fn read(row: &Row<'_>, column: usize) -> Result<Option<Ban>, StatementError> {
    let Some(reason) = row.optional_string(column + 1) else { return Ok(None) };
    Ok(Some(Ban { until: row.optional_natural(column)?.map(Timestamp), reason }))
}

/// Refuses a banned user.
pub(crate) fn require_none(
    transaction: &dyn Transaction,
    user: UserId,
    now: Timestamp,
) -> Result<(), StatementError> {
    Ok(check_ban(find(transaction, user)?.as_ref(), now)?)
}

fn find(transaction: &dyn Transaction, user: UserId) -> Result<Option<Ban>, StatementError> {
    let sql = "SELECT ends_at, reason FROM account_bans WHERE user_id = ?1";
    Ok(transaction.optional(sql, &values![user.0], |row| read(row, 0))?.flatten())
}

/// The ban of the user of a session.
pub(crate) fn of_session(
    transaction: &dyn Transaction,
    session: TokenHash,
    now: Timestamp,
) -> Result<Option<Ban>, StatementError> {
    let sql = "SELECT ends_at, reason FROM account_bans \
        JOIN sessions ON sessions.user_id = account_bans.user_id WHERE token_hash = ?1";
    let ban = transaction.optional(sql, &values![session], |row| read(row, 0))?.flatten();
    Ok(ban.filter(|ban| is_in_force(ban.until, now)))
}

/// Bans a user. A new ban replaces an earlier one.
pub(crate) fn ban(
    transaction: &dyn Transaction,
    origin: Origin<'_>,
    (user, lasts_ms): (UserId, Option<u64>),
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    require_restrictable(transaction, origin.actor, user)?;
    let until = lasts_ms.map(|lasts_ms| origin.at.plus(lasts_ms));
    let sql = "INSERT INTO account_bans (user_id, ends_at, reason) VALUES (?1, ?2, ?3) \
        ON CONFLICT (user_id) DO UPDATE SET ends_at = excluded.ends_at, reason = excluded.reason";
    transaction.run(sql, &values![user.0, until.map(|until| until.0), origin.reason])?;
    let detail = super::until(until);
    origin.record(transaction, AuditAct::Ban, (Some(user), None), &detail, appended)
}

/// Ends the ban of a user. A ban that has ended by itself leaves nothing to change.
pub(crate) fn end(
    transaction: &dyn Transaction,
    origin: Origin<'_>,
    user: UserId,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    require_restrictable(transaction, origin.actor, user)?;
    let before = find(transaction, user)?;
    transaction.run("DELETE FROM account_bans WHERE user_id = ?1", &values![user.0])?;
    if before.is_none_or(|ban| !is_in_force(ban.until, origin.at)) {
        return Ok(RecordedAct::default());
    }
    origin.record(transaction, AuditAct::EndBan, (Some(user), None), "", appended)
}
