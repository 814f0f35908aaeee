//! The default engine: an SQLite database in one file.
//!
//! One thread owns the only connection that writes. It commits all waiting writes in one transaction,
//! with one sync. Readers have connections of their own: in WAL mode readers and the writer do not
//! block each other.
//!
//! Reading order: `options`, `open`, `migrations`, `durability`, `stamp`; `writer`, `database_lock`,
//! `file_identity`, `size_reports`, `damage`, `readers`, `external_changes`; `commands`, `recovery`, `log`, `skeletons`; then one module per feature, with its writes and
//! reads.

mod commands;
mod damage;
mod database_lock;
mod durability;
mod error;
mod external_changes;
mod features;
mod file_identity;
mod log;
mod migrations;
mod open;
mod options;
mod readers;
mod recovery;
mod size_reports;
mod skeletons;
mod stamp;
mod values;
mod writer;

mod chat;
mod counter;
mod delivery;
mod details;
mod membership;
mod notices;
mod orders;
mod posts;
mod rooms;
mod users;

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use madang_hub::notices::DueNotice;
use madang_hub::ports::Recipients;
use madang_hub::ports::{
    Committed, DirectoryRequest, LogEntry, MemberMark, NewUser, Recovery, ServiceAccount,
    SessionLimits, Store, StoreError, TokenHash, Write,
};
use madang_hub::shared_state::SharedStateRead;
use madang_hub::storage::FreeSpace;
use madang_shared::details::MembersPage;
use madang_shared::frames::LogPosition;
use madang_shared::posts::Post;
use madang_shared::rooms::DirectoryPage;
use madang_shared::{Answer, Position, PostId, Query, RoomId, Seq, Timestamp, Topic, User, UserId};
use rusqlite::Connection;

use crate::event_stream::EventStream;
use damage::Damage;
use database_lock::DatabaseLock;
use error::StatementError;
use external_changes::{CommitWatcher, ExternalChanges, ExternalRevision};
use file_identity::FileIdentity;
use readers::{ReadPayer, ReaderPool};
use size_reports::SizeReports;
use stamp::Stamp;
use users::UserSession;
use writer::{DatabaseGuard, Writer};

pub use options::{OpenError, Options, Synchronous};

/// An SQLite database file.
///
/// After a drop the writer finishes the waiting writes and ends in the background;
/// [`Sqlite::close`] waits for it.
#[derive(Debug)]
pub struct Sqlite {
    readers: ReaderPool,
    /// One reader for the sessions, so that a sign-in waits for no other read.
    sign_ins: ReaderPool,
    writer: Writer,
    watcher: CommitWatcher,
    damage: Damage,
    /// The number of commits by other programs.
    revision: ExternalRevision,
    /// The sessions that were asked for since their use was last recorded.
    used_sessions: Arc<Mutex<HashSet<TokenHash>>>,
    free_space: FreeSpace,
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
        let guard = DatabaseGuard {
            file_identity,
            size_reports,
            stamp,
            damage: damage.clone(),
            _lock: lock,
        };
        let (writer, events) =
            Writer::start(connection, external_changes, guard).map_err(OpenError::Thread)?;
        let watcher =
            CommitWatcher::start(watching, retry, writer.notifier()).map_err(OpenError::Thread)?;
        let start = |readers| ReaderPool::start(readers, damage.clone()).map_err(OpenError::Thread);
        let (readers, sign_ins) = (start(readers)?, start(vec![sign_ins])?);
        let used_sessions = Arc::default();
        let free_space = options.free_space.clone();
        let store = Self {
            readers,
            sign_ins,
            writer,
            watcher,
            damage,
            revision,
            used_sessions,
            free_space,
        };
        Ok((store, events))
    }

    /// Finishes the waiting writes, refuses later ones, empties the write-ahead log into the database
    /// file, and ends the writer. The caller must read or drop the event stream meanwhile.
    pub async fn close(&self) {
        self.readers.close();
        self.sign_ins.close();
        self.watcher.close().await;
        self.writer.close().await;
        self.readers.closed().await;
        self.sign_ins.closed().await;
    }

    fn read<T: Send + 'static>(
        &self,
        reader: UserId,
        read: impl FnOnce(&Connection) -> Result<T, StatementError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        self.readers.read(ReadPayer::User(reader), read).boxed()
    }
}

impl Store for Sqlite {
    fn commit(&self, batch: Vec<Write>) -> BoxFuture<'static, Vec<Result<Committed, StoreError>>> {
        if batch.is_empty() {
            return future::ready(Vec::new()).boxed();
        }
        let with_space = |write| (write, self.free_space.clone());
        self.writer.enqueue(batch.into_iter().map(with_space).collect(), commands::apply).boxed()
    }

    fn open(
        &self,
        reader: UserId,
        shared: SharedStateRead,
        from: Option<Position>,
    ) -> BoxFuture<'static, Result<Recovery, StoreError>> {
        // Before the transaction begins: it may see an older state than that of a later revision.
        let revision = self.revision.get();
        self.read(reader, move |connection| {
            recovery::open_topic(connection, reader, &shared, from, revision)
        })
    }

    fn read_log(
        &self,
        reader: UserId,
        topic: Topic,
        after: Seq,
        limit: usize,
    ) -> BoxFuture<'static, Result<Vec<LogEntry>, StoreError>> {
        self.read(reader, move |connection| log::read(connection, topic, after, limit))
    }

    fn query(
        &self,
        reader: UserId,
        query: Query,
    ) -> BoxFuture<'static, Result<Answer, StoreError>> {
        self.read(reader, move |connection| features::answer(connection, reader, &query))
    }

    fn delivery(
        &self,
        reader: UserId,
        room: RoomId,
        message: Seq,
    ) -> BoxFuture<'static, Result<Recipients, StoreError>> {
        self.read(reader, move |connection| delivery::find(connection, reader, room, message))
    }

    fn read_marks(
        &self,
        user: UserId,
        room: RoomId,
    ) -> BoxFuture<'static, Result<Vec<MemberMark>, StoreError>> {
        self.read(user, move |connection| details::read_marks(connection, user, room))
    }

    fn directory(
        &self,
        reader: UserId,
        request: DirectoryRequest,
    ) -> BoxFuture<'static, Result<DirectoryPage, StoreError>> {
        self.read(reader, move |connection| rooms::directory(connection, &request))
    }

    fn members(
        &self,
        reader: UserId,
        room: RoomId,
        after: Option<UserId>,
    ) -> BoxFuture<'static, Result<MembersPage, StoreError>> {
        self.read(reader, move |connection| details::page(connection, reader, room, after))
    }

    fn post(&self, reader: UserId, post: PostId) -> BoxFuture<'static, Result<Post, StoreError>> {
        self.read(reader, move |connection| posts::find(connection, post))
    }

    fn is_member(
        &self,
        user: UserId,
        room: RoomId,
    ) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.read(user, move |connection| membership::is_member(connection, user, room))
    }

    fn append_due_notice(
        &self,
        due: DueNotice,
        at: Timestamp,
    ) -> BoxFuture<'static, Result<Option<LogPosition>, StoreError>> {
        self.writer.enqueue_one((due, at), notices::append_due_notice).boxed()
    }

    fn sign_up(&self, new: NewUser) -> BoxFuture<'static, Result<User, StoreError>> {
        if let Err(refused) = self.free_space.check() {
            return future::ready(Err(StoreError::Refused(refused))).boxed();
        }
        self.writer.enqueue_one(new, users::sign_up).boxed()
    }

    fn service_user(
        &self,
        service: ServiceAccount,
    ) -> BoxFuture<'static, Result<User, StoreError>> {
        self.writer.enqueue_one(service, users::service_user).boxed()
    }

    fn session(&self, token: TokenHash) -> BoxFuture<'static, Result<Option<User>, StoreError>> {
        let used = Arc::clone(&self.used_sessions);
        let session = self.sign_ins.read(ReadPayer::Server, move |connection| {
            let session = users::session(connection, &token)?;
            if session.is_some() {
                used.lock().unwrap_or_else(PoisonError::into_inner).insert(token);
            }
            Ok(session)
        });
        let record_use = self.writer.deferred(users::record_use);
        async move {
            match session.await? {
                // The name belongs to the user from now on. The session may have ended since it was read.
                Some(UserSession { user, is_used: false }) => {
                    Ok(record_use(token).await?.then_some(user))
                }
                session => Ok(session.map(|session| session.user)),
            }
        }
        .boxed()
    }

    fn sign_out(&self, token: TokenHash) -> BoxFuture<'static, Result<(), StoreError>> {
        self.writer.enqueue_one(token, users::sign_out).boxed()
    }

    fn ended_sessions(
        &self,
        sessions: Vec<TokenHash>,
    ) -> BoxFuture<'static, Result<Vec<TokenHash>, StoreError>> {
        let read = move |connection: &Connection| users::ended_sessions(connection, sessions);
        self.sign_ins.read(ReadPayer::Server, read).boxed()
    }

    fn expire_sessions(
        &self,
        mut in_use: Vec<TokenHash>,
        now: Timestamp,
        limits: Option<SessionLimits>,
    ) -> BoxFuture<'static, Result<u64, StoreError>> {
        let used = &mut *self.used_sessions.lock().unwrap_or_else(PoisonError::into_inner);
        in_use.extend(std::mem::take(used));
        self.writer.enqueue_one((in_use, now, limits), users::expire_sessions).boxed()
    }

    fn ready(&self) -> BoxFuture<'static, Result<(), StoreError>> {
        let head = |connection: &Connection| log::head(connection, Topic::Rooms);
        let reads = [&self.readers, &self.sign_ins].map(|it| it.read(ReadPayer::Server, head));
        let write = self.writer.enqueue_one((), commands::probe);
        let damage = self.damage.clone();
        async move {
            future::try_join_all(reads).await?;
            write.await?;
            damage.check()
        }
        .boxed()
    }
}
