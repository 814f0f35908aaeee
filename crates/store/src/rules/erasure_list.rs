//! The list of erased accounts, which is applied to restored copies of the database.

use madang_hub::administration::Actor;
use madang_hub::erasure::ErasureRecord;
use madang_hub::ports::TopicEvent;
use madang_shared::administration::AuditAct;
use madang_shared::{Timestamp, UserId, codec};

use super::administration::audit::Record;
use super::erasure;
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Adds a record to the list, unless it is there.
pub(crate) fn add(
    transaction: &dyn Transaction,
    record: &ErasureRecord,
) -> Result<(), StatementError> {
    let sql = "INSERT INTO erasures (user_id, made_at, names, receipt) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT DO NOTHING";
    let names = codec::encode_part(&record.names);
    transaction.execute(sql, &values![record.user.0, record.made_at.0, names, &record.receipt])?;
    for hash in &record.names {
        let sql = "INSERT INTO erased_names (hash) VALUES (?1) ON CONFLICT DO NOTHING";
        transaction.execute(sql, &values![hash])?;
    }
    Ok(())
}

/// The list of erased accounts.
pub(crate) fn records(transaction: &dyn Transaction) -> Result<Vec<ErasureRecord>, StatementError> {
    let sql = "SELECT user_id, made_at, names, receipt FROM erasures ORDER BY user_id, made_at";
    transaction.all(sql, &[], |row| {
        Ok(ErasureRecord {
            user: UserId(row.natural(0)?),
            made_at: Timestamp(row.natural(1)?),
            // A list that another program has damaged reserves no name.
            names: codec::decode_part(&row.text(2)?).unwrap_or_default(),
            receipt: row.string(3),
        })
    })
}

/// Applies a list to a copy of the database that may be older. Returns the users that were erased again.
pub(crate) fn apply_list(
    transaction: &dyn Transaction,
    (records, now): (Vec<ErasureRecord>, Timestamp),
    appended: &mut Vec<TopicEvent>,
) -> Result<Vec<UserId>, StatementError> {
    let mut erased = Vec::new();
    for record in &records {
        let sql = "SELECT 1 FROM users WHERE id = ?1 AND made_at = ?2 AND erased_at IS NULL";
        if transaction.exists(sql, &values![record.user.0, record.made_at.0])? {
            let act = Record {
                actor: Actor::Server,
                at: now,
                network: None,
                act: AuditAct::Erase,
                user: Some(record.user),
                room: None,
                invitation: None,
                detail: "",
                reason: "",
            };
            // Before, so that the first receipt stays.
            add(transaction, record)?;
            erasure::erase(transaction, &act, record.user, appended)?;
            erased.push(record.user);
        } else {
            add(transaction, record)?;
        }
    }
    Ok(erased)
}
