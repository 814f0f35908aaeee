//! The connections of a database file: one thread writes, others read.

use std::path::Path;

use madang_hub::erasure::ErasureRecord;
use madang_hub::ports::StoreError;
use madang_shared::Timestamp;

use super::damage::Damage;
use super::database_lock::DatabaseLock;
use super::erasure_list::ErasureList;
use super::external_changes::{CommitWatcher, ExternalChanges};
use super::file_identity::FileIdentity;
use super::open;
use super::options::{OpenError, Options};
use super::size_reports::SizeReports;
use super::stamp::Stamp;
use super::transaction::ReadingConnection;
use super::transfer;
use super::writer::{self, DatabaseGuard};
use crate::event_stream::EventStream;
use crate::store::EngineStore;
use crate::threads::{DatabaseThreads, Readers, ThreadedEngine};

/// An SQLite database file.
///
/// After a drop the writer finishes the waiting writes and ends in the background;
/// [`Sqlite::close`] waits for it. It also empties the write-ahead log into the database file.
pub type Sqlite = EngineStore<DatabaseThreads<SqliteEngine>>;

/// The parts of a database file beside its readers and its writer.
#[derive(Debug)]
pub struct SqliteEngine {
    watcher: CommitWatcher,
    damage: Damage,
    erasures: ErasureList,
}

impl ThreadedEngine for SqliteEngine {
    type Errors = Damage;

    async fn close(&self) {
        self.watcher.close().await;
    }

    fn check_damage(&self) -> Result<(), StoreError> {
        self.damage.check()
    }

    fn list_erasure(&self, record: &ErasureRecord) -> Result<(), StoreError> {
        self.erasures.add(record).map_err(|error| not_listed(&error))
    }
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
        let unfinished = transfer::unfinished(path);
        if unfinished.exists() {
            return Err(OpenError::Moving { path: path.to_owned(), unfinished });
        }
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
        let (writer, events) = writer::start(connection, external_changes, damage.clone(), guard)
            .map_err(OpenError::Thread)?;
        let watcher =
            CommitWatcher::start(watching, retry, writer.notifier()).map_err(OpenError::Thread)?;
        let reading = |connection| ReadingConnection { connection, damage: damage.clone() };
        let readers = readers.into_iter().map(reading).collect();
        let readers = Readers::start("sqlite-reader", readers, reading(sign_ins), &damage)
            .map_err(OpenError::Thread)?;
        let erasures = ErasureList::of(path);
        let engine = SqliteEngine { watcher, damage, erasures };
        let threads = DatabaseThreads { engine, readers, writer, revision };
        let store = Self::over(threads, options.free_space.clone());
        Ok((store, events))
    }
}

/// The error of an erasure whose record was not written beside the database.
pub(super) fn not_listed(error: &std::io::Error) -> StoreError {
    let message = format!(
        "the account is erased, but the list beside the database was not written, so a restored copy would have it again: \
        {error}"
    );
    StoreError::Unavailable(message)
}
