//! The connections of a database file: one thread writes, others read.

use std::path::Path;

use crate::rules::WriteInput;
use crate::transaction::Transaction;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use madang_hub::ports::StoreError;
use madang_shared::Timestamp;
use rusqlite::Connection;

use super::damage::Damage;
use super::database_lock::DatabaseLock;
use super::external_changes::{CommitWatcher, ExternalChanges};
use super::file_identity::FileIdentity;
use super::open;
use super::options::{OpenError, Options};
use super::size_reports::SizeReports;
use super::stamp::Stamp;
use super::transaction::ReadingConnection;
use super::writer::{DatabaseGuard, Writer};
use crate::connections::{Apply, Connections, ReadLane, WriteResults};
use crate::error::StatementError;
use crate::event_stream::EventStream;
use crate::external_revision::ExternalRevision;
use crate::readers::{ReadPayer, ReaderPool};
use crate::store::EngineStore;

/// An SQLite database file.
///
/// After a drop the writer finishes the waiting writes and ends in the background;
/// [`Sqlite::close`] waits for it.
pub type Sqlite = EngineStore<ThreadedConnections>;

/// The threads of a database file.
#[derive(Debug)]
pub struct ThreadedConnections {
    pub(super) readers: ReaderPool<Damage>,
    /// One reader for the sessions, so that a sign-in waits for no other read.
    sign_ins: ReaderPool<Damage>,
    writer: Writer,
    watcher: CommitWatcher,
    damage: Damage,
    /// The number of commits by other programs.
    revision: ExternalRevision,
}

impl Sqlite {
    /// Opens the database at `path`. Creates a missing one, and migrates an older one. `now` is the
    /// date of the first room in a new database. Blocks on the disk.
    ///
    /// # Errors
    /// [`OpenError`]: one sentence for the operator.
    pub fn open(
        path: &Path,
        now: Timestamp,
        options: &Options,
    ) -> Result<(Self, EventStream), OpenError> {
        let lock = DatabaseLock::acquire(path)?;
        // SQLite keeps its other files beside the real one.
        let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let connection = open::writer(path, now, options)?;
        let readers = open::readers(path, options)?;
        let (watching, sign_ins) = (open::reader(path)?, open::reader(path)?);
        let external_changes =
            ExternalChanges::new(&connection).map_err(|error| OpenError::explain(path, &error))?;
        let retry = external_changes.retry();
        let revision = external_changes.revision();
        let engine = |error: std::io::Error| OpenError::Engine {
            path: path.to_owned(),
            detail: error.to_string(),
        };
        let file_identity = FileIdentity::of(path).map_err(engine)?;
        let stamp = Stamp::create(path, &connection).map_err(engine)?;
        let damage = Damage::default();
        let size_reports = SizeReports::new(file_identity.check().map_err(|error| {
            OpenError::Engine { path: path.to_owned(), detail: error.to_string() }
        })?);
        let guard = DatabaseGuard { file_identity, size_reports, stamp, _lock: lock };
        let (writer, events) = Writer::start(connection, external_changes, damage.clone(), guard)
            .map_err(OpenError::Thread)?;
        let watcher =
            CommitWatcher::start(watching, retry, writer.notifier()).map_err(OpenError::Thread)?;
        let start = |connections: Vec<Connection>| {
            let reading = |connection| ReadingConnection { connection, damage: damage.clone() };
            let connections = connections.into_iter().map(reading).collect();
            ReaderPool::start("sqlite-reader", connections, damage.clone())
                .map_err(OpenError::Thread)
        };
        let (readers, sign_ins) = (start(readers)?, start(vec![sign_ins])?);
        let connections =
            ThreadedConnections { readers, sign_ins, writer, watcher, damage, revision };
        let store = Self::over(connections, options.free_space.clone());
        Ok((store, events))
    }

    /// Finishes the waiting writes, refuses later ones, empties the write-ahead log into the database
    /// file, and ends the writer. The caller must read or drop the event stream meanwhile.
    pub async fn close(&self) {
        let ThreadedConnections { readers, sign_ins, writer, watcher, .. } = &*self.connections;
        readers.close();
        sign_ins.close();
        watcher.close().await;
        writer.close().await;
        readers.closed().await;
        sign_ins.closed().await;
    }
}

impl Connections for ThreadedConnections {
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

    fn external_revision(&self) -> u64 {
        self.revision.get()
    }

    fn check_damage(&self) -> Result<(), StoreError> {
        self.damage.check()
    }
}
