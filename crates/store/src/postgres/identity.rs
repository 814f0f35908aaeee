//! The identity of the database: the cluster, its timeline, and the database in it. A standby that takes over has another
//! timeline, and a restored dump has another cluster or database. Either may lack commits that clients know, so every
//! topic gets a new epoch.

use std::ops::ControlFlow;

use tokio::runtime::Runtime;

use super::connection::Session;
use super::transaction::PostgresTransaction;
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

const IDENTITY: &str = "SELECT (SELECT system_identifier FROM pg_control_system())::text \
    || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) \
    || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())::text";

/// The identity that the server found at its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DatabaseIdentity(String);

impl DatabaseIdentity {
    /// Reads it in a new session.
    pub(super) fn of_session(runtime: &Runtime, session: &Session) -> Result<Self, StatementError> {
        let begin = "BEGIN READ ONLY";
        let transaction = PostgresTransaction::begin(runtime, session, begin, false)?;
        let identity = Self::read(&transaction)?;
        transaction.send("COMMIT", &[])?;
        transaction.settle()?;
        Ok(identity)
    }

    /// Reads it, and gives every topic a new epoch if it has changed since the last server.
    pub(super) fn record(transaction: &dyn Transaction) -> Result<Self, StatementError> {
        let identity = Self::read(transaction)?;
        let known = "SELECT identity FROM cluster_identity WHERE id = 1";
        let known = transaction.optional(known, &[], |row| Ok(row.string(0)))?;
        if known.as_ref() == Some(&identity.0) {
            return Ok(identity);
        }
        if known.is_some() {
            tracing::warn!(
                "the database was restored, or a standby has taken over, so commits may be lost; every client \
                starts from a snapshot"
            );
            transaction.execute("UPDATE topics SET epoch = random_epoch()", &[])?;
        }
        let sql = "INSERT INTO cluster_identity (id, identity) VALUES (1, ?1) \
            ON CONFLICT (id) DO UPDATE SET identity = excluded.identity";
        transaction.execute(sql, &values![identity.0])?;
        Ok(identity)
    }

    fn read(transaction: &dyn Transaction) -> Result<Self, StatementError> {
        let mut identity = Self(String::new());
        transaction.visit(IDENTITY, &[], &mut |row| {
            identity = Self(row.string(0));
            Ok(ControlFlow::Break(()))
        })?;
        Ok(identity)
    }
}
