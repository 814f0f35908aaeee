//! Bans of networks. Every node holds them in memory, and reads them again after a change.

use madang_hub::administration::RecordedAct;
use madang_hub::ports::TopicEvent;
use madang_shared::administration::AuditAct;
use madang_shared::moderation::{AddressBan, MAX_ADDRESS_BANS};
use madang_shared::{ErrorCode, Failure, Timestamp};

use super::Origin;
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Bans a network. A new ban replaces an earlier one of the same network.
pub(crate) fn ban(
    transaction: &dyn Transaction,
    origin: Origin<'_>,
    (network, lasts_ms): (&str, Option<u64>),
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    let sql = "DELETE FROM address_bans WHERE ends_at <= ?1 OR network = ?2";
    transaction.run(sql, &values![origin.at.0, network])?;
    let sql = "SELECT count(*) FROM address_bans";
    if transaction.one(sql, &[], |row| row.natural(0))? >= MAX_ADDRESS_BANS {
        let message = format!(
            "At most {MAX_ADDRESS_BANS} networks are banned; ban a larger network, or end a ban first."
        );
        return Err(Failure::new(ErrorCode::Forbidden, message).into());
    }
    let until = lasts_ms.map(|lasts_ms| origin.at.plus(lasts_ms));
    let sql =
        "INSERT INTO address_bans (network, ends_at, reason, made_at) VALUES (?1, ?2, ?3, ?4)";
    let ends_at = until.map(|until| until.0);
    transaction.run(sql, &values![network, ends_at, origin.reason, origin.at.0])?;
    let detail = format!("{network} · {}", super::until(until));
    origin.record(transaction, AuditAct::BanAddress, (None, None), &detail, appended)
}

/// Ends the ban of a network.
pub(crate) fn end(
    transaction: &dyn Transaction,
    origin: Origin<'_>,
    network: &str,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    let sql = "DELETE FROM address_bans WHERE network = ?1";
    if transaction.execute(sql, &values![network])? == 0 {
        return Ok(RecordedAct::default());
    }
    origin.record(transaction, AuditAct::EndAddressBan, (None, None), network, appended)
}

/// The bans whose end has not passed, the newest first.
pub(crate) fn lasting(
    transaction: &dyn Transaction,
    now: Timestamp,
) -> Result<Vec<AddressBan>, StatementError> {
    let sql = "SELECT network, ends_at, reason, made_at FROM address_bans \
        WHERE ends_at IS NULL OR ends_at > ?1 ORDER BY made_at DESC, network LIMIT ?2";
    transaction.all(sql, &values![now.0, MAX_ADDRESS_BANS], |row| {
        Ok(AddressBan {
            network: row.string(0),
            until: row.optional_natural(1)?.map(Timestamp),
            reason: row.string(2),
            at: Timestamp(row.natural(3)?),
        })
    })
}
