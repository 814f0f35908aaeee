//! A database in memory, for simulations and tests: no thread, no timer and no file. Each read and each write
//! is executed in the caller's turn, so that a run is determined by its calls.

mod determined;
mod faults;
mod template;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use madang_hub::ports::{
    Committed, LogEntry, MemberMark, NewUser, Recovery, SessionLimits, Store, StoreError,
    TokenHash, TopicEvent, Write,
};
use madang_hub::shared_state::SharedStateRead;
use madang_hub::storage::FreeSpace;
use madang_shared::details::MembersPage;
use madang_shared::{Answer, Position, Query, RoomId, Seq, Timestamp, Topic, User, UserId};
use tokio::sync::Semaphore;

use super::damage::Damage;
use super::external_changes::ExternalChanges;
use super::group::GroupWriter;
use super::options::OpenError;
use crate::batch::{Batch, PendingBatch};
use crate::connections::{Apply, Connections, ReadLane, WriteResults, only};
use crate::error::StatementError;
use crate::event_stream::{EventSender, EventStream, LogChange};
use crate::external_revision::ExternalRevision;
use crate::readers::{EngineErrors, ReadPayer};
use crate::rules::WriteInput;
use crate::store::EngineStore;
use crate::transaction::Transaction;
use determined::DatabaseClock;
use faults::Faults;

/// An SQLite database in memory. Clones share it, so that it outlives a simulated server.
pub type InlineSqlite = EngineStore<InlineConnection>;

/// The one connection of a database in memory.
#[derive(Clone, Debug)]
pub struct InlineConnection {
    shared: Arc<Mutex<Shared>>,
    damage: Damage,
    revision: ExternalRevision,
    clock: DatabaseClock,
}

#[derive(Debug)]
struct Shared {
    writer: GroupWriter<Faults>,
    /// The events that were not taken yet, while there is no event stream.
    events: Vec<TopicEvent>,
    event_stream: Option<EventSender>,
}

impl InlineSqlite {
    /// A database with the first room, created at `now`. `seed` determines the epochs of its topics.
    ///
    /// # Errors
    /// [`OpenError`], without memory only.
    pub fn open_in_memory(now: Timestamp, seed: u64) -> Result<Self, OpenError> {
        let clock = DatabaseClock::new(now);
        let connection = template::clone_with_first_room(now, seed, &clock)?;
        let external_changes = ExternalChanges::new(&connection).map_err(template::open_error)?;
        let (damage, revision) = (Damage::default(), external_changes.revision());
        let faults = Faults::default();
        let writer = GroupWriter { connection, external_changes, damage: damage.clone(), faults };
        let shared = Shared { writer, events: Vec::new(), event_stream: None };
        let shared = Arc::new(Mutex::new(shared));
        let connection = InlineConnection { shared, damage, revision, clock };
        Ok(Self::over(connection, FreeSpace::default()))
    }

    /// The same database, as if it were on a disk with this free space.
    #[must_use]
    pub fn with_free_space(mut self, free_space: FreeSpace) -> Self {
        self.set_free_space(free_space);
        self
    }

    /// Sets the time that the triggers of the database read. It stands still in between.
    pub fn set_time(&self, now: Timestamp) {
        self.connections.clock.set(now);
    }

    /// Takes the events that were appended since the last call, in order. Empty after a call of
    /// [`Self::event_stream`].
    pub fn take_events(&self) -> Vec<TopicEvent> {
        std::mem::take(&mut self.connections.lock().events)
    }

    /// Starts an event stream, as a database file has one. It ends an earlier event stream. It has no bound,
    /// because a write must not wait for its receiver.
    pub fn event_stream(&self) -> EventStream {
        let (sender, stream) = EventStream::channel(Semaphore::MAX_PERMITS);
        self.connections.lock().event_stream = Some(sender);
        stream
    }

    /// Injects a fault: while set, no transaction begins, and every operation gets
    /// [`StoreError::Unavailable`].
    pub fn set_unavailable(&self, unavailable: bool) {
        self.connections.lock().writer.faults.is_unavailable = unavailable;
    }

    /// Injects a fault: while set, the transaction of each write fails when it commits, and is rolled back.
    /// Reads still work.
    pub fn set_commits_fail(&self, fail: bool) {
        self.connections.lock().writer.faults.commits_fail = fail;
    }

    /// Injects a fault like a full disk: after `writes` more writes, a later write is rolled back and gets
    /// [`StoreError::Unavailable`], in the middle of a batch too. Reads still work. `None` removes the
    /// limit.
    pub fn set_write_limit(&self, writes: Option<u64>) {
        self.connections.lock().writer.faults.remaining_writes = writes;
    }
}

/// The operations of [`Store`], synchronous.
impl InlineSqlite {
    /// [`Store::commit`].
    pub fn commit_now(&self, batch: Vec<Write>) -> Vec<Result<Committed, StoreError>> {
        let size = batch.len();
        let unanswered = || std::iter::repeat_with(|| Err(unanswered())).take(size).collect();
        self.commit(batch).now_or_never().unwrap_or_else(unanswered)
    }

    /// [`Store::open`].
    pub fn open_now(
        &self,
        reader: UserId,
        shared: SharedStateRead,
        from: Option<Position>,
    ) -> Result<Recovery, StoreError> {
        now(Store::open(self, reader, shared, from))
    }

    /// [`Store::read_log`].
    pub fn read_log_now(
        &self,
        reader: UserId,
        topic: Topic,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        now(self.read_log(reader, topic, after, limit))
    }

    /// [`Store::heads`].
    pub fn heads_now(&self, topics: Vec<Topic>) -> Result<Vec<Seq>, StoreError> {
        now(self.heads(topics))
    }

    /// [`Store::query`].
    pub fn query_now(&self, reader: UserId, query: Query) -> Result<Answer, StoreError> {
        now(self.query(reader, query))
    }

    /// [`Store::read_marks`].
    pub fn read_marks_now(
        &self,
        user: UserId,
        room: RoomId,
    ) -> Result<Vec<MemberMark>, StoreError> {
        now(self.read_marks(user, room))
    }

    /// [`Store::members`].
    pub fn members_now(
        &self,
        reader: UserId,
        room: RoomId,
        after: Option<UserId>,
    ) -> Result<MembersPage, StoreError> {
        now(self.members(reader, room, after))
    }

    /// [`Store::check_access`].
    pub fn check_access_now(&self, user: UserId, topic: Topic) -> Result<(), StoreError> {
        now(self.check_access(user, topic))
    }

    /// [`Store::sign_up`].
    pub fn sign_up_now(&self, new: NewUser) -> Result<User, StoreError> {
        now(self.sign_up(new))
    }

    /// [`Store::session`].
    pub fn session_now(&self, token: TokenHash, at: Timestamp) -> Result<Option<User>, StoreError> {
        now(self.session(token, at))
    }

    /// [`Store::sign_out`].
    pub fn sign_out_now(&self, token: TokenHash) -> Result<(), StoreError> {
        now(self.sign_out(token))
    }

    /// [`Store::ended_sessions`].
    pub fn ended_sessions_now(
        &self,
        sessions: Vec<TokenHash>,
        at: Timestamp,
    ) -> Result<Vec<TokenHash>, StoreError> {
        now(self.ended_sessions(sessions, at))
    }

    /// [`Store::expire_sessions`].
    pub fn expire_sessions_now(
        &self,
        in_use: Vec<TokenHash>,
        at: Timestamp,
        limits: Option<SessionLimits>,
    ) -> Result<u64, StoreError> {
        now(self.expire_sessions(in_use, at, limits))
    }

    /// [`Store::ready`].
    pub fn ready_now(&self) -> Result<(), StoreError> {
        now(self.ready())
    }
}

/// The result of a future that was executed when it was made.
fn now<T>(executed: BoxFuture<'static, Result<T, StoreError>>) -> Result<T, StoreError> {
    executed.now_or_never().unwrap_or_else(|| Err(unanswered()))
}

fn unanswered() -> StoreError {
    StoreError::Unavailable("the database gave no answer".to_owned())
}

impl InlineConnection {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn execute_write<I: WriteInput, T: Send + 'static>(
        &self,
        inputs: Vec<I>,
        apply: Apply<I, T>,
    ) -> WriteResults<T> {
        let (batch, mut answer) = Batch::new(inputs, apply);
        self.lock().execute(Box::new(batch));
        answer.try_recv().unwrap_or_default()
    }
}

impl Shared {
    /// Executes a batch as a group of its own, sends its events, and answers it.
    fn execute(&mut self, batch: Box<dyn PendingBatch>) {
        let Self { writer, events, event_stream } = self;
        let mut group = [batch];
        let committed = writer.commit(&mut group);
        let [batch] = group;
        match committed {
            Ok(appended) => {
                writer.send_events(appended, |group, _source| match event_stream {
                    // Fails if the receiver was dropped; the events are in the log.
                    Some(stream) => {
                        stream.try_send(LogChange::Appended(group)).ok();
                    }
                    None => events.extend(group),
                });
                batch.answer(None);
            }
            Err(group_error) => batch.answer(Some(&group_error)),
        }
    }
}

impl Connections for InlineConnection {
    fn read<T: Send + 'static>(
        &self,
        _lane: ReadLane,
        _payer: ReadPayer,
        read: impl FnOnce(&dyn Transaction) -> Result<T, StatementError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let GroupWriter { connection, damage, faults, .. } = &self.lock().writer;
        let answer = match faults.check_read() {
            Ok(()) => read(connection).map_err(|error| damage.store_error(error)),
            Err(error) => Err(damage.unavailable(&error)),
        };
        future::ready(answer).boxed()
    }

    fn write<I: WriteInput, T: Send + 'static>(
        &self,
        inputs: Vec<I>,
        apply: Apply<I, T>,
    ) -> BoxFuture<'static, WriteResults<T>> {
        future::ready(self.execute_write(inputs, apply)).boxed()
    }

    fn deferred_write<I: WriteInput, T: Send + 'static>(
        &self,
        apply: Apply<I, T>,
    ) -> impl FnOnce(I) -> BoxFuture<'static, Result<T, StoreError>> + Send + 'static {
        let connection = self.clone();
        move |input| future::ready(only(connection.execute_write(vec![input], apply))).boxed()
    }

    fn external_revision(&self) -> u64 {
        self.revision.get()
    }

    fn check_damage(&self) -> Result<(), StoreError> {
        self.damage.check()
    }
}
