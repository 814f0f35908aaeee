//! The connections of the engine: one thread writes, others read.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use madang_hub::ports::StoreError;
use madang_shared::{Epoch, Timestamp};

use super::connection::{Connector, PostgresConnection};
use super::errors::{PostgresErrors, store_error};
use super::group::GroupWriter;
use super::known_log::KnownLog;
use super::open;
use super::options::{ConnectError, ConnectOptions};
use super::transaction::PostgresTransaction;
use super::writer::Writer;
use crate::connections::{Apply, Connections, ReadLane, WriteResults};
use crate::error::StatementError;
use crate::event_stream::EventStream;
use crate::external_revision::ExternalRevision;
use crate::readers::{ReadConnection, ReadPayer, ReaderPool};
use crate::rules::WriteInput;
use crate::store::EngineStore;
use crate::transaction::Transaction;

/// All reads of a group see one state of the database.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// A PostgreSQL database.
///
/// After a drop the writer finishes the waiting writes and ends in the background; [`Postgres::close`] waits for it.
pub type Postgres = EngineStore<PostgresThreads>;

/// The threads of a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresThreads {
    readers: ReaderPool<PostgresErrors>,
    /// One reader for the sessions, so that a sign-in waits for no other read.
    sign_ins: ReaderPool<PostgresErrors>,
    writer: Writer,
    revision: ExternalRevision,
    known: KnownLog,
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
        self.connections.known.epoch().unwrap_or(Epoch(0))
    }

    /// Finishes the waiting writes, refuses later ones, and closes the connections. The caller must read or drop the
    /// event stream meanwhile.
    pub async fn close(&self) {
        let PostgresThreads { readers, sign_ins, writer, .. } = &*self.connections;
        readers.close();
        sign_ins.close();
        writer.close().await;
        readers.closed().await;
        sign_ins.closed().await;
    }
}

fn start(
    now: Timestamp,
    options: &ConnectOptions,
) -> Result<(PostgresThreads, EventStream), ConnectError> {
    let [for_writer, for_readers] = open::connectors(options)?;
    let mut connection = PostgresConnection::new(for_writer)?;
    let known = KnownLog::new(open::prepare(&mut connection, now)?);
    let pool = |size: usize| {
        let reader = |_| PostgresReader::new(&for_readers, &known);
        let connections: Result<Vec<_>, _> = (0..size).map(reader).collect();
        ReaderPool::start("postgres-reader", connections?, PostgresErrors)
            .map_err(ConnectError::Thread)
    };
    let (readers, sign_ins) = (pool(options.readers.max(1))?, pool(1)?);
    let revision = ExternalRevision::default();
    let writer = GroupWriter { connection, revision: revision.clone(), unanswered: None };
    let (writer, events) = Writer::start(writer, known.clone())?;
    Ok((PostgresThreads { readers, sign_ins, writer, revision, known }, events))
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

impl Connections for PostgresThreads {
    fn read<T: Send + 'static>(
        &self,
        lane: ReadLane,
        payer: ReadPayer,
        read: impl FnOnce(&dyn Transaction) -> Result<T, StatementError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let readers = match lane {
            ReadLane::Users => &self.readers,
            ReadLane::SignIns => &self.sign_ins,
        };
        readers.read(payer, read).boxed()
    }

    fn write<I: WriteInput, T: Send + 'static>(
        &self,
        inputs: Vec<I>,
        apply: Apply<I, T>,
    ) -> BoxFuture<'static, WriteResults<T>> {
        self.writer.enqueue(inputs, apply).boxed()
    }

    fn deferred_write<I: WriteInput, T: Send + 'static>(
        &self,
        apply: Apply<I, T>,
    ) -> impl FnOnce(I) -> BoxFuture<'static, Result<T, StoreError>> + Send + 'static {
        self.writer.deferred(apply)
    }

    /// Triggers count the changes of other programs. The writer polls the number.
    fn external_revision(&self) -> u64 {
        self.revision.get()
    }

    fn check_damage(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
