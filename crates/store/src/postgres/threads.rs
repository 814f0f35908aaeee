//! The connections of the engine: one thread writes, others read.

use madang_hub::ports::StoreError;
use madang_shared::{Epoch, Timestamp};

use super::connection::{Connector, PostgresConnection};
use super::errors::{PostgresErrors, store_error};
use super::group::GroupWriter;
use super::known_log::KnownLog;
use super::open;
use super::options::{ConnectError, ConnectOptions};
use super::transaction::PostgresTransaction;
use super::writer;
use crate::event_stream::EventStream;
use crate::external_revision::ExternalRevision;
use crate::readers::ReadConnection;
use crate::store::EngineStore;
use crate::threads::{DatabaseThreads, Readers, ThreadedEngine};
use crate::transaction::Transaction;

/// All reads of a group see one state of the database.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// A PostgreSQL database.
///
/// After a drop the writer finishes the waiting writes and ends in the background; [`Postgres::close`] waits for it.
pub type Postgres = EngineStore<DatabaseThreads<PostgresEngine>>;

/// The parts of a PostgreSQL database beside its readers and its writer.
#[derive(Debug)]
pub struct PostgresEngine {
    known: KnownLog,
}

impl ThreadedEngine for PostgresEngine {
    type Errors = PostgresErrors;
}

impl Postgres {
    /// Connects to the database, creates or migrates its schema. `now` is the date of the first room in a new database.
    /// Blocks on the network.
    ///
    /// # Errors
    /// [`ConnectError`]: one sentence for the operator.
    pub fn connect(
        now: Timestamp,
        options: &ConnectOptions,
    ) -> Result<(Self, EventStream), ConnectError> {
        // The connections have runtimes of their own, which must not wait inside the caller's.
        let started = std::thread::scope(|scope| scope.spawn(|| start(now, options)).join());
        let (threads, events) = started.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok((Self::over(threads, options.free_space.clone()), events))
    }

    /// The epoch of the whole log. See [`LogReplaced`](crate::LogReplaced).
    pub fn log_epoch(&self) -> Epoch {
        self.connections.engine.known.epoch().unwrap_or(Epoch(0))
    }
}

fn start(
    now: Timestamp,
    options: &ConnectOptions,
) -> Result<(DatabaseThreads<PostgresEngine>, EventStream), ConnectError> {
    let [for_writer, for_readers] = open::connectors(options)?;
    let mut connection = PostgresConnection::new(for_writer)?;
    let known = KnownLog::new(open::prepare(&mut connection, now)?);
    let reader = || PostgresReader::new(&for_readers, &known);
    let users: Result<Vec<_>, _> = (0..options.readers.max(1)).map(|_| reader()).collect();
    let readers = Readers::start("postgres-reader", users?, reader()?, &PostgresErrors)
        .map_err(ConnectError::Thread)?;
    let revision = ExternalRevision::default();
    let writer = GroupWriter { connection, revision: revision.clone(), unanswered: None };
    let (writer, events) = writer::start(writer, known.clone()).map_err(ConnectError::Thread)?;
    let engine = PostgresEngine { known };
    Ok((DatabaseThreads { engine, readers, writer, revision }, events))
}

/// A connection that reads.
struct PostgresReader {
    connection: PostgresConnection,
    known: KnownLog,
}

impl PostgresReader {
    fn new(connector: &Connector, known: &KnownLog) -> Result<Self, ConnectError> {
        let mut connection = PostgresConnection::new(connector.clone())?;
        let connected = connection.connect();
        connected.map_err(|error| ConnectError::Unreachable { detail: error.to_string() })?;
        Ok(Self { connection, known: known.clone() })
    }
}

impl ReadConnection for PostgresReader {
    fn in_transaction(&mut self, run: &mut dyn FnMut(Result<&dyn Transaction, &StoreError>)) {
        let begun = self.connection.available(&self.known).and_then(|(runtime, session)| {
            PostgresTransaction::begin(runtime, session, BEGIN_READ, false)
                .map_err(|error| store_error(&error))
        });
        match begun {
            Ok(transaction) => {
                run(Ok(&transaction));
                // The transaction only reads. A lost connection is found by the next one.
                transaction.send("COMMIT", &[]).and_then(|()| transaction.settle()).ok();
            }
            Err(error) => run(Err(&error)),
        }
    }
}
