//! The identity of the database: the cluster, its timeline, the database in it, and the table of the identity. A standby
//! that takes over has another timeline, and a restored dump has another cluster, database or table. Either may lack commits
//! that clients know, so every topic gets a new epoch, and so does the log as a whole.
//!
//! Each new connection of each node checks it before its first use. The first one that finds another identity draws the
//! epochs, in one transaction, so that no node commits on the new timeline under an old epoch. The others find the new
//! epoch of the log. This epoch is random: two standbys of one primary that take over one after the other have the same
//! timeline, and different epochs.

use madang_shared::Epoch;
use tokio::runtime::Runtime;

use super::session::Session;
use super::transaction::PostgresTransaction;
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// The identity as it is now, in SQL. A standby that has not taken over refuses it.
macro_rules! identity_now {
    () => {
        "(SELECT system_identifier FROM pg_control_system())::text \
        || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) \
        || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())::text \
        || '/' || 'cluster_identity'::regclass::oid::text"
    };
}

/// The identity now, and the recorded one with the epoch of the log.
const COMPARE: &str = concat!(
    "SELECT ",
    identity_now!(),
    ", (SELECT identity FROM cluster_identity WHERE id = 1), \
    (SELECT log_epoch FROM cluster_identity WHERE id = 1)"
);

/// Whether the identity is the recorded one, or none is recorded yet.
pub(super) const IS_UNCHANGED: &str = concat!(
    "SELECT coalesce((SELECT identity FROM cluster_identity WHERE id = 1) = ",
    identity_now!(),
    ", true)"
);

/// The identity as it is, and the recorded one.
struct Identities {
    found: String,
    recorded: Option<(String, Epoch)>,
}

impl Identities {
    fn read(transaction: &dyn Transaction) -> Result<Self, StatementError> {
        let read = |row: &Row<'_>| {
            let recorded = match row.optional_string(1) {
                Some(identity) => Some((identity, Epoch(row.natural(2)?))),
                None => None,
            };
            Ok(Self { found: row.string(0), recorded })
        };
        transaction.optional(COMPARE, &[], read)?.ok_or_else(StatementError::missing_row)
    }

    /// The epoch of the log, if the identity has not changed.
    fn unchanged(&self) -> Option<Epoch> {
        let (recorded, epoch) = self.recorded.as_ref()?;
        (*recorded == self.found).then_some(*epoch)
    }
}

/// The epoch of the log for a new session. Draws new epochs if the database is another one than the recorded one.
pub(super) fn log_epoch(runtime: &Runtime, session: &Session) -> Result<Epoch, StatementError> {
    let in_transaction =
        |begin, run: fn(&PostgresTransaction<'_>) -> Result<Option<Epoch>, StatementError>| {
            let transaction = PostgresTransaction::begin(runtime, session, begin, true)?;
            let epoch = run(&transaction)?;
            transaction.send("COMMIT", &[])?;
            transaction.settle()?;
            Ok::<_, StatementError>(epoch)
        };
    let compare =
        |transaction: &PostgresTransaction<'_>| Ok(Identities::read(transaction)?.unchanged());
    if let Some(epoch) = in_transaction("BEGIN READ ONLY", compare)? {
        return Ok(epoch);
    }
    let recorded = in_transaction("BEGIN", |transaction| record(transaction).map(Some))?;
    recorded.ok_or_else(StatementError::missing_row)
}

/// Records the identity, and gives every topic and the log a new epoch if it has changed. Returns the epoch of the log.
pub(super) fn record(transaction: &dyn Transaction) -> Result<Epoch, StatementError> {
    // Another node may be recording it.
    let lock = "SELECT 1 FROM cluster_identity WHERE id = 1 FOR UPDATE";
    transaction.optional(lock, &[], |_| Ok(()))?;
    let identities = Identities::read(transaction)?;
    if let Some(epoch) = identities.unchanged() {
        return Ok(epoch);
    }
    if identities.recorded.is_some() {
        tracing::warn!(
            "the database was restored, or a standby has taken over, so commits may be lost; every client starts from a \
            snapshot"
        );
        transaction.execute("UPDATE topics SET epoch = random_epoch()", &[])?;
    }
    let sql = "INSERT INTO cluster_identity (id, identity) VALUES (1, ?1) \
        ON CONFLICT (id) DO UPDATE SET identity = excluded.identity, log_epoch = excluded.log_epoch \
        RETURNING log_epoch";
    let epoch =
        transaction.optional(sql, &values![identities.found], |row| Ok(Epoch(row.natural(0)?)))?;
    epoch.ok_or_else(StatementError::missing_row)
}
