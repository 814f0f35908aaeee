//! An engine that keeps its data in memory: for tests, and for simulations that must be deterministic.
//!
//! It passes the contract suite of all engines. Its data lives as long as its last clone. Every
//! operation exists twice: as a synchronous method (`…_now`), and as the method of the port, which
//! calls it and returns a ready future.

mod commands;
mod faults;
mod features;
mod log;
mod recovery;
mod skeletons;
mod state;

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

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use madang_hub::notices::DueNotice;
use madang_hub::ports::Recipients;
use madang_hub::ports::{
    Committed, DirectoryRequest, LogEntry, MemberMark, NewUser, Recovery, ServiceAccount,
    SessionLimits, Store, StoreError, TokenHash, TopicEvent, Write,
};
use madang_hub::shared_state::SharedStateRead;
use madang_hub::storage::FreeSpace;
use madang_shared::details::MembersPage;
use madang_shared::frames::LogPosition;
use madang_shared::posts::Post;
use madang_shared::rooms::DirectoryPage;
use madang_shared::{
    Answer, Failure, Position, PostId, Query, RoomId, Seq, Timestamp, Topic, User, UserId,
};

use crate::event_stream::EventStream;
use faults::Faults;
use state::State;

/// The maximum number of groups that wait in the event stream.
const EVENT_GROUPS: usize = 1024;

/// An engine in memory. Clones share the data, so that it outlives a simulated server.
#[derive(Clone, Debug)]
pub struct Memory {
    shared: Arc<Mutex<Shared>>,
    free_space: FreeSpace,
}

#[derive(Debug)]
struct Shared {
    state: State,
    faults: Faults,
    /// The events that were not taken yet, while there is no event stream.
    events: Vec<TopicEvent>,
    event_stream: Option<Sender<Vec<TopicEvent>>>,
}

impl Memory {
    /// An engine that holds the first room, created at `now`. `seed` determines the epochs of its
    /// topics.
    pub fn new(now: Timestamp, seed: u64) -> Self {
        let mut state = State::new(seed, features::topics_without_id(), orders::menu());
        rooms::create_first_room(&mut state, now);
        let shared =
            Shared { state, faults: Faults::default(), events: Vec::new(), event_stream: None };
        Self { shared: Arc::new(Mutex::new(shared)), free_space: FreeSpace::default() }
    }

    /// The same engine, as if it were on a disk with this free space.
    #[must_use]
    pub fn with_free_space(self, free_space: FreeSpace) -> Self {
        Self { free_space, ..self }
    }

    /// Takes the events that were appended since the last call, in order. Empty after a call of
    /// [`Self::event_stream`].
    pub fn take_events(&self) -> Vec<TopicEvent> {
        std::mem::take(&mut self.lock().events)
    }

    /// Starts an event stream, as other engines have one. It ends an earlier event stream.
    pub fn event_stream(&self) -> EventStream {
        // A commit here runs at once, perhaps on a thread that must not block, so another thread waits
        // for a slow receiver. The queue before it needs no bound: its events are also in the log,
        // which is in memory too.
        let (sender, queue) = channel::<Vec<TopicEvent>>();
        let (bounded, stream) = tokio::sync::mpsc::channel(EVENT_GROUPS);
        thread::spawn(move || queue.into_iter().try_for_each(|group| bounded.blocking_send(group)));
        self.lock().event_stream = Some(sender);
        stream
    }

    /// Injects a fault: while set, every operation, reads too, gets [`StoreError::Unavailable`].
    pub fn set_unavailable(&self, unavailable: bool) {
        self.lock().faults.is_unavailable = unavailable;
    }

    /// Injects a fault like a full disk: after `writes` more writes, later writes get
    /// [`StoreError::Unavailable`], in the middle of a batch too. Reads still work. `None` removes the
    /// limit.
    pub fn set_write_limit(&self, writes: Option<u64>) {
        self.lock().faults.remaining_writes = writes;
    }

    /// [`Store::commit`], synchronous.
    pub fn commit_now(&self, batch: Vec<Write>) -> Vec<Result<Committed, StoreError>> {
        let shared = &mut *self.lock();
        let mut appended = Vec::new();
        let mut unavailable = None;
        let mut results = Vec::with_capacity(batch.len());
        for write in batch {
            let state = &mut shared.state;
            let result = match &unavailable {
                Some(error) => Err(StoreError::clone(error)),
                None => shared
                    .faults
                    .write(|| commands::apply(state, &self.free_space, write, &mut appended)),
            };
            if let Err(error @ StoreError::Unavailable(_)) = &result {
                unavailable = Some(error.clone());
            }
            results.push(result);
        }
        shared.send(appended);
        results
    }

    /// [`Store::open`], synchronous.
    pub fn open_now(
        &self,
        reader: UserId,
        shared: &SharedStateRead,
        from: Option<Position>,
    ) -> Result<Recovery, StoreError> {
        self.read(|state| recovery::open_topic(state, reader, shared, from))
    }

    /// [`Store::read_log`], synchronous.
    pub fn read_log_now(
        &self,
        topic: Topic,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        self.read(|state| Ok(state.log.read(topic, after, limit)))
    }

    /// [`Store::query`], synchronous.
    pub fn query_now(&self, reader: UserId, query: &Query) -> Result<Answer, StoreError> {
        self.read(|state| features::answer(state, reader, query))
    }

    /// [`Store::delivery`], synchronous.
    pub fn delivery_now(
        &self,
        reader: UserId,
        room: RoomId,
        message: Seq,
    ) -> Result<Recipients, StoreError> {
        self.read(|state| delivery::find(state, reader, room, message))
    }

    /// [`Store::read_marks`], synchronous.
    pub fn read_marks_now(
        &self,
        user: UserId,
        room: RoomId,
    ) -> Result<Vec<MemberMark>, StoreError> {
        self.read(|state| details::read_marks(state, user, room))
    }

    /// [`Store::directory`], synchronous.
    pub fn directory_now(&self, request: &DirectoryRequest) -> Result<DirectoryPage, StoreError> {
        self.read(|state| rooms::directory(state, request))
    }

    /// [`Store::members`], synchronous.
    pub fn members_now(
        &self,
        reader: UserId,
        room: RoomId,
        after: Option<UserId>,
    ) -> Result<MembersPage, StoreError> {
        self.read(|state| details::page(state, reader, room, after))
    }

    /// [`Store::post`], synchronous.
    pub fn post_now(&self, post: PostId) -> Result<Post, StoreError> {
        self.read(|state| posts::find(state, post))
    }

    /// [`Store::is_member`], synchronous.
    pub fn is_member_now(&self, user: UserId, room: RoomId) -> Result<bool, StoreError> {
        self.read(|state| Ok(membership::is_member(state, user, room)))
    }

    /// [`Store::append_due_notice`], synchronous.
    pub fn append_due_notice_now(
        &self,
        due: DueNotice,
        at: Timestamp,
    ) -> Result<Option<LogPosition>, StoreError> {
        self.write(|state, appended| Ok(notices::append_due_notice(state, due, at, appended)))
    }

    /// [`Store::sign_up`], synchronous.
    pub fn sign_up_now(&self, new: NewUser) -> Result<User, StoreError> {
        self.free_space.check().map_err(StoreError::Refused)?;
        self.write(|state, appended| users::sign_up(state, new, appended))
    }

    /// [`Store::service_user`], synchronous.
    pub fn service_user_now(&self, service: ServiceAccount) -> Result<User, StoreError> {
        self.write(|state, appended| users::service_user(state, service, appended))
    }

    /// [`Store::session`], synchronous.
    pub fn session_now(&self, token: &TokenHash) -> Result<Option<User>, StoreError> {
        let Shared { state, faults, .. } = &mut *self.lock();
        faults.read(|| Ok(users::session(state, token)))
    }

    /// [`Store::sign_out`], synchronous.
    pub fn sign_out_now(&self, token: &TokenHash) -> Result<(), StoreError> {
        self.write(|state, _appended| {
            users::sign_out(state, token);
            Ok(())
        })
    }

    /// [`Store::ended_sessions`], synchronous.
    pub fn ended_sessions_now(
        &self,
        sessions: Vec<TokenHash>,
    ) -> Result<Vec<TokenHash>, StoreError> {
        self.read(|state| Ok(users::ended_sessions(state, sessions)))
    }

    /// [`Store::expire_sessions`], synchronous.
    pub fn expire_sessions_now(
        &self,
        in_use: Vec<TokenHash>,
        now: Timestamp,
        limits: Option<SessionLimits>,
    ) -> Result<u64, StoreError> {
        self.write(|state, _appended| Ok(users::expire_sessions(state, in_use, now, limits)))
    }

    /// [`Store::ready`], synchronous.
    pub fn ready_now(&self) -> Result<(), StoreError> {
        self.lock().faults.probe()
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> Result<T, Failure>) -> Result<T, StoreError> {
        let shared = self.lock();
        shared.faults.read(|| read(&shared.state))
    }

    /// Executes a write of its own, outside a batch, and sends its events.
    fn write<T>(
        &self,
        write: impl FnOnce(&mut State, &mut Vec<TopicEvent>) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let shared = &mut *self.lock();
        let mut appended = Vec::new();
        let state = &mut shared.state;
        let result = shared.faults.write(|| write(state, &mut appended))?;
        shared.send(appended);
        Ok(result)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn send(&mut self, appended: Vec<TopicEvent>) {
        if appended.is_empty() {
            return;
        }
        match &self.event_stream {
            // Fails if the receiver was dropped; the events are in the log.
            Some(stream) => {
                stream.send(appended).ok();
            }
            None => self.events.extend(appended),
        }
    }
}

fn ready<T: Send + 'static>(answer: T) -> BoxFuture<'static, T> {
    future::ready(answer).boxed()
}

impl Store for Memory {
    fn commit(&self, batch: Vec<Write>) -> BoxFuture<'static, Vec<Result<Committed, StoreError>>> {
        ready(self.commit_now(batch))
    }

    fn open(
        &self,
        reader: UserId,
        shared: SharedStateRead,
        from: Option<Position>,
    ) -> BoxFuture<'static, Result<Recovery, StoreError>> {
        ready(self.open_now(reader, &shared, from))
    }

    fn read_log(
        &self,
        _reader: UserId,
        topic: Topic,
        after: Seq,
        limit: usize,
    ) -> BoxFuture<'static, Result<Vec<LogEntry>, StoreError>> {
        ready(self.read_log_now(topic, after, limit))
    }

    fn query(
        &self,
        reader: UserId,
        query: Query,
    ) -> BoxFuture<'static, Result<Answer, StoreError>> {
        ready(self.query_now(reader, &query))
    }

    fn delivery(
        &self,
        reader: UserId,
        room: RoomId,
        message: Seq,
    ) -> BoxFuture<'static, Result<Recipients, StoreError>> {
        ready(self.delivery_now(reader, room, message))
    }

    fn read_marks(
        &self,
        user: UserId,
        room: RoomId,
    ) -> BoxFuture<'static, Result<Vec<MemberMark>, StoreError>> {
        ready(self.read_marks_now(user, room))
    }

    fn directory(
        &self,
        _reader: UserId,
        request: DirectoryRequest,
    ) -> BoxFuture<'static, Result<DirectoryPage, StoreError>> {
        ready(self.directory_now(&request))
    }

    fn members(
        &self,
        reader: UserId,
        room: RoomId,
        after: Option<UserId>,
    ) -> BoxFuture<'static, Result<MembersPage, StoreError>> {
        ready(self.members_now(reader, room, after))
    }

    fn post(&self, _reader: UserId, post: PostId) -> BoxFuture<'static, Result<Post, StoreError>> {
        ready(self.post_now(post))
    }

    fn is_member(
        &self,
        user: UserId,
        room: RoomId,
    ) -> BoxFuture<'static, Result<bool, StoreError>> {
        ready(self.is_member_now(user, room))
    }

    fn append_due_notice(
        &self,
        due: DueNotice,
        at: Timestamp,
    ) -> BoxFuture<'static, Result<Option<LogPosition>, StoreError>> {
        ready(self.append_due_notice_now(due, at))
    }

    fn sign_up(&self, new: NewUser) -> BoxFuture<'static, Result<User, StoreError>> {
        ready(self.sign_up_now(new))
    }

    fn service_user(
        &self,
        service: ServiceAccount,
    ) -> BoxFuture<'static, Result<User, StoreError>> {
        ready(self.service_user_now(service))
    }

    fn session(&self, token: TokenHash) -> BoxFuture<'static, Result<Option<User>, StoreError>> {
        ready(self.session_now(&token))
    }

    fn sign_out(&self, token: TokenHash) -> BoxFuture<'static, Result<(), StoreError>> {
        ready(self.sign_out_now(&token))
    }

    fn ended_sessions(
        &self,
        sessions: Vec<TokenHash>,
    ) -> BoxFuture<'static, Result<Vec<TokenHash>, StoreError>> {
        ready(self.ended_sessions_now(sessions))
    }

    fn expire_sessions(
        &self,
        in_use: Vec<TokenHash>,
        now: Timestamp,
        limits: Option<SessionLimits>,
    ) -> BoxFuture<'static, Result<u64, StoreError>> {
        ready(self.expire_sessions_now(in_use, now, limits))
    }

    fn ready(&self) -> BoxFuture<'static, Result<(), StoreError>> {
        ready(self.ready_now())
    }
}
