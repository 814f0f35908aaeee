//! A database file that a server of another process may have open: for short commands on the server's machine.
//!
//! The server holds the lock of the file and is the only writer of its log cache, so a visitor takes no lock, changes no
//! schema, and lists the events of its writes like the events of triggers: the server finds the commit, and sends them.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use madang_hub::erasure::ErasureRecord;
use madang_hub::ports::{StoreError, TopicEvent};
use madang_hub::storage::FreeSpace;
use rusqlite::{Connection, OpenFlags, Transaction as SqliteTransaction, TransactionBehavior};

use super::damage::Damage;
use super::erasure_list::ErasureList;
use super::migrations;
use super::open::{self, BUSY};
use super::options::OpenError;
use super::threads::not_listed;
use crate::connections::{Apply, Connections, ReadLane, WriteResults, only};
use crate::error::StatementError;
use crate::readers::{EngineErrors, ReadPayer};
use crate::rules::WriteInput;
use crate::store::EngineStore;
use crate::transaction::{Transaction, values};

/// A database file that a server may have open.
pub type VisitedSqlite = EngineStore<VisitingConnection>;

/// The connection of a visitor.
#[derive(Debug)]
pub struct VisitingConnection {
    connection: Mutex<Connection>,
    damage: Damage,
    erasures: ErasureList,
}

impl VisitedSqlite {
    /// Opens an existing database of this version.
    ///
    /// # Errors
    /// [`OpenError`]: one sentence for the operator.
    pub fn visit(path: &Path) -> Result<Self, OpenError> {
        let explain = |error: rusqlite::Error| OpenError::explain(path, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(explain)?;
        connection.busy_timeout(BUSY).map_err(explain)?;
        open::prepare_once(&connection).map_err(explain)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(explain)?;
        connection.pragma_update(None, "secure_delete", true).map_err(explain)?;
        open::check_application(&connection, path)?;
        migrations::refuse_newer(&connection, path)?;
        if migrations::applied(&connection).map_err(explain)? != Some(migrations::newest()) {
            let detail = "it is of an earlier version; start the server of this version once";
            return Err(OpenError::Engine { path: path.to_owned(), detail: detail.to_owned() });
        }
        let connection = Mutex::new(connection);
        // As the server does: SQLite keeps its other files beside the real one.
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let erasures = ErasureList::of(&real);
        let connection = VisitingConnection { connection, damage: Damage::default(), erasures };
        Ok(Self::over(connection, FreeSpace::default()))
    }
}

impl VisitingConnection {
    fn in_transaction<T>(
        &self,
        run: impl FnOnce(&SqliteTransaction<'_>) -> Result<T, StatementError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        // At the beginning, because a transaction that has read may not wait for another writer.
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| self.damage.unavailable(&error))?;
        let result = run(&transaction).map_err(|error| self.damage.store_error(error))?;
        transaction.commit().map_err(|error| self.damage.unavailable(&error))?;
        Ok(result)
    }

    fn apply<I, T>(&self, input: I, apply: Apply<I, T>) -> Result<T, StoreError> {
        self.in_transaction(|transaction| {
            let mut appended = Vec::new();
            let result = apply(&**transaction, input, &mut appended)?;
            appended.iter().try_for_each(|event| list(&**transaction, event))?;
            Ok(result)
        })
    }
}

/// Lists an event for the server, as a trigger does.
fn list(transaction: &dyn Transaction, event: &TopicEvent) -> Result<(), StatementError> {
    let sql =
        "INSERT INTO pending_events (topic_id, seq) SELECT id, ?2 FROM topics WHERE name = ?1";
    transaction.run(sql, &values![event.topic.to_string(), event.entry.seq.0])
}

impl Connections for VisitingConnection {
    fn read<T: Send + 'static>(
        &self,
        _lane: ReadLane,
        _payer: ReadPayer,
        read: impl FnOnce(&dyn Transaction) -> Result<T, StatementError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        future::ready(self.in_transaction(|transaction| read(&**transaction))).boxed()
    }

    fn write<I: WriteInput, T: Send + 'static>(
        &self,
        inputs: Vec<I>,
        apply: Apply<I, T>,
    ) -> BoxFuture<'static, WriteResults<T>> {
        let results = inputs.into_iter().map(|input| self.apply(input, apply)).collect();
        future::ready(results).boxed()
    }

    /// A command writes nothing that depends on an earlier read.
    fn deferred_write<I: WriteInput, T: Send + 'static>(
        &self,
        _apply: Apply<I, T>,
    ) -> impl FnOnce(I) -> BoxFuture<'static, Result<T, StoreError>> + Send + 'static {
        |_input| {
            let refused = "a visited database records no use of sessions".to_owned();
            future::ready(only(vec![Err(StoreError::Unavailable(refused))])).boxed()
        }
    }

    fn external_revision(&self) -> u64 {
        0
    }

    fn list_erasure(&self, record: &ErasureRecord) -> Result<(), StoreError> {
        self.erasures.add(record).map_err(|error| not_listed(&error))
    }

    fn check_damage(&self) -> Result<(), StoreError> {
        self.damage.check()
    }
}
