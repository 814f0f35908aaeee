//! SQLite: the embedded default.
//!
//! One thread owns the only connection that writes; it takes everything that waits, makes it in one
//! transaction, and syncs once for all of it. Readers stand beside it on connections of their own:
//! in WAL mode neither waits for the other.
//!
//! Reading order: `options`, `open`, `migrations`, `tail_risk`; `writer`, `whereabouts`, `readers`, `outside`; `log`; then one module per
//! feature, each with its writes and its reads.

mod chat;
mod commands;
mod counter;
mod delivery;
mod log;
mod membership;
mod migrations;
mod notices;
mod open;
mod options;
mod orders;
mod outside;
mod posts;
mod readers;
mod rooms;
mod stop;
mod tail_risk;
mod users;
mod whereabouts;
mod writer;

use std::path::Path;

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use madang_hub::delivery::Recipients;
use madang_hub::notices::DueNotice;
use madang_hub::ports::{
    Committed, LogEntry, NewUser, Recovery, ServiceAccount, Store, StoreError, TokenHash, Write,
};
use madang_shared::chat::ChatSnapshot;
use madang_shared::frames::LogPosition;
use madang_shared::posts::Post;
use madang_shared::{
    Answer, Position, PostId, Query, RoomId, Seq, Snapshot, Timestamp, Topic, User, UserId,
};
use rusqlite::Connection;

use crate::{EventStream, refusals};
use outside::{Outside, Watcher};
use readers::Readers;
use stop::Stop;
use whereabouts::Whereabouts;
use writer::Writer;

pub use options::{OpenError, Options, Synchronous};

/// An SQLite database file.
///
/// Dropping it lets the writer finish what waits and end by itself, without waiting for that;
/// [`Sqlite::close`] waits.
#[derive(Debug)]
pub struct Sqlite {
    readers: Readers,
    writer: Writer,
    watcher: Watcher,
}

impl Sqlite {
    /// Opens the database at `path`, makes it if there is none, and brings an older one up to date.
    /// `now` dates the first room if this makes it. Blocks on the disk.
    ///
    /// # Errors
    /// [`OpenError`]: one sentence for the operator.
    pub fn open(
        path: &Path,
        now: Timestamp,
        options: &Options,
    ) -> Result<(Self, EventStream), OpenError> {
        let connection = open::writer(path, now, options)?;
        let readers = open::readers(path, options)?;
        let watching = open::reader(path)?;
        let outside =
            Outside::new(&connection).map_err(|error| OpenError::explain(path, &error))?;
        let again = outside.again();
        let whereabouts = Whereabouts::of(path).map_err(|error| OpenError::Engine {
            path: path.to_owned(),
            detail: error.to_string(),
        })?;
        let (writer, tail) =
            Writer::start(connection, outside, whereabouts).map_err(OpenError::Thread)?;
        let watcher = Watcher::start(watching, again, writer.look()).map_err(OpenError::Thread)?;
        let readers = Readers::start(readers).map_err(OpenError::Thread)?;
        Ok((Self { readers, writer, watcher }, tail))
    }

    /// Finishes every write that waits, refuses later ones, empties the write-ahead log into the
    /// database file, and ends the writer. The tail must be read meanwhile, or dropped before.
    pub async fn close(&self) {
        self.readers.close();
        self.watcher.close().await;
        self.writer.close().await;
    }

    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Stop> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        self.readers.read(read).boxed()
    }
}

impl Store for Sqlite {
    fn commit(&self, batch: Vec<Write>) -> BoxFuture<'static, Vec<Result<Committed, StoreError>>> {
        if batch.is_empty() {
            return future::ready(Vec::new()).boxed();
        }
        self.writer.enqueue(batch, commands::make).boxed()
    }

    fn open(
        &self,
        reader: UserId,
        topic: Topic,
        from: Option<Position>,
    ) -> BoxFuture<'static, Result<Recovery, StoreError>> {
        self.read(move |connection| open_topic(connection, reader, topic, from))
    }

    fn read_log(
        &self,
        topic: Topic,
        after: Seq,
        limit: usize,
    ) -> BoxFuture<'static, Result<Vec<LogEntry>, StoreError>> {
        self.read(move |connection| log::read(connection, topic, after, limit))
    }

    fn query(
        &self,
        reader: UserId,
        query: Query,
    ) -> BoxFuture<'static, Result<Answer, StoreError>> {
        self.read(move |connection| match query {
            Query::Chat(query) => Ok(chat::answer(connection, reader, &query)?.into()),
            Query::Sentiment(_) => Err(refusals::not_asked_of_a_store().into()),
            Query::Posts(query) => Ok(posts::answer(connection, &query)?.into()),
        })
    }

    fn delivery(
        &self,
        reader: UserId,
        room: RoomId,
        message: Seq,
    ) -> BoxFuture<'static, Result<Recipients, StoreError>> {
        self.read(move |connection| delivery::find(connection, reader, room, message))
    }

    fn post(&self, post: PostId) -> BoxFuture<'static, Result<Post, StoreError>> {
        self.read(move |connection| posts::find(connection, post))
    }

    fn is_member(
        &self,
        user: UserId,
        room: RoomId,
    ) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.read(move |connection| membership::is_member(connection, user, room))
    }

    fn append_due_notice(
        &self,
        due: DueNotice,
        at: Timestamp,
    ) -> BoxFuture<'static, Result<Option<LogPosition>, StoreError>> {
        self.writer.enqueue_one((due, at), notices::append_due_notice).boxed()
    }

    fn sign_up(&self, new: NewUser) -> BoxFuture<'static, Result<User, StoreError>> {
        self.writer.enqueue_one(new, users::sign_up).boxed()
    }

    fn service_user(
        &self,
        service: ServiceAccount,
    ) -> BoxFuture<'static, Result<User, StoreError>> {
        self.writer.enqueue_one(service, users::service).boxed()
    }

    fn session(&self, token: TokenHash) -> BoxFuture<'static, Result<Option<User>, StoreError>> {
        self.read(move |connection| users::session(connection, &token))
    }

    fn sign_out(&self, token: TokenHash) -> BoxFuture<'static, Result<(), StoreError>> {
        self.writer.enqueue_one(token, users::sign_out).boxed()
    }

    fn ready(&self) -> BoxFuture<'static, Result<(), StoreError>> {
        let read = self.read(|connection| log::head(connection, Topic::Rooms));
        let write = self.writer.enqueue_one((), commands::probe);
        async move {
            read.await?;
            write.await
        }
        .boxed()
    }
}

/// Runs in one read transaction, so that the state is true at the position.
fn open_topic(
    connection: &Connection,
    reader: UserId,
    topic: Topic,
    from: Option<Position>,
) -> Result<Recovery, Stop> {
    if madang_hub::policy::is_private_to_other(topic, reader) {
        return Err(refusals::not_yours().into());
    }
    if let Topic::Room(room) = topic {
        membership::require(connection, reader, room)?;
    }
    let head = log::position(connection, topic)?;
    if from.is_some_and(|from| madang_hub::policy::resumes(from, head)) {
        return Ok(Recovery::Resumed { head });
    }
    let snapshot: Snapshot = match topic {
        Topic::Rooms => rooms::snapshot(connection)?.into(),
        Topic::Memberships(user) => membership::snapshot(connection, user)?.into(),
        Topic::Room(room) => ChatSnapshot {
            page: chat::newest(connection, room)?,
            membership: membership::standing(connection, reader, room)?,
        }
        .into(),
        Topic::Counter => counter::snapshot(connection)?.into(),
        Topic::Posts => posts::snapshot(connection)?.into(),
        Topic::Presence(_) | Topic::Price => return Err(refusals::not_stored(topic).into()),
        Topic::Orders => orders::snapshot(connection)?.into(),
        Topic::Notices => notices::snapshot(connection)?.into(),
        Topic::Inbox(user) => notices::inbox(connection, user)?.into(),
    };
    Ok(Recovery::State { position: head, snapshot })
}
