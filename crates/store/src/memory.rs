//! An engine that keeps everything in memory: for tests, and for simulations that must run the same
//! way every time.
//!
//! It passes the same contract suite as the engines that store, with one exception: it survives only
//! what its last clone survives. Every operation is there twice: at once (`…_now`), and as the port
//! has it, which does the same before it answers with a future that is ready.

mod delivery;
mod fault;
mod notices;
mod orders;
mod posts;
mod reading;
mod state;

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use madang_hub::delivery::Recipients;
use madang_hub::notices::DueNotice;
use madang_hub::ports::{
    Committed, LogEntry, NewUser, Recovery, ServiceAccount, Store, StoreError, TokenHash,
    TopicEvent, Write,
};
use madang_shared::frames::LogPosition;
use madang_shared::posts::Post;
use madang_shared::{
    Answer, Failure, Position, PostId, Query, RoomId, Seq, Timestamp, Topic, User, UserId,
};

use crate::EventStream;
use fault::Fault;
use state::State;

/// Batches that may wait at a tail.
const TAIL: usize = 1024;

/// An engine in memory. Clones are handles to the same data, so that it outlives a server that a
/// simulation stops and starts again.
#[derive(Clone, Debug)]
pub struct Memory {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    state: State,
    fault: Fault,
    /// What nobody has taken yet, while there is no tail.
    waiting: Vec<TopicEvent>,
    tail: Option<Sender<Vec<TopicEvent>>>,
}

impl Memory {
    /// An engine with nothing but the first room, made at `now`. The epochs of its topics follow
    /// from `seed`.
    pub fn new(now: Timestamp, seed: u64) -> Self {
        let shared = Shared {
            state: State::new(now, seed),
            fault: Fault::default(),
            waiting: Vec::new(),
            tail: None,
        };
        Self { shared: Arc::new(Mutex::new(shared)) }
    }

    /// The events that were appended since this was last asked, in order. Where there is a
    /// [`Self::tail`], they go there instead.
    pub fn take_events(&self) -> Vec<TopicEvent> {
        std::mem::take(&mut self.lock().waiting)
    }

    /// From now on hands out the appended events as other engines do. A later call ends the tail
    /// that an earlier one gave.
    pub fn tail(&self) -> EventStream {
        // A commit here happens at once, perhaps on a thread that must not block; so the waiting for
        // a reader who is behind is done by a thread of its own. The queue before it needs no bound
        // beyond that of the log, which is in memory as well.
        let (sender, queue) = channel::<Vec<TopicEvent>>();
        let (bounded, tail) = tokio::sync::mpsc::channel(TAIL);
        thread::spawn(move || queue.into_iter().try_for_each(|batch| bounded.blocking_send(batch)));
        self.lock().tail = Some(sender);
        tail
    }

    /// While set, everything is answered with [`StoreError::Unavailable`], reads as well.
    pub fn set_unavailable(&self, unavailable: bool) {
        self.lock().fault.down = unavailable;
    }

    /// Simulates a disk that is full after `writes` more writes: reads still work, and later writes get
    /// [`StoreError::Unavailable`], in the middle of a batch too. `None` removes the limit.
    pub fn set_write_limit(&self, writes: Option<u64>) {
        self.lock().fault.room = writes;
    }

    /// [`Store::commit`], at once.
    pub fn commit_now(&self, batch: Vec<Write>) -> Vec<Result<Committed, StoreError>> {
        let shared = &mut *self.lock();
        let mut appended = Vec::new();
        let mut trouble = None;
        let mut results = Vec::with_capacity(batch.len());
        for write in batch {
            let result = match &trouble {
                Some(trouble) => Err(StoreError::clone(trouble)),
                None => shared.fault.write(|| shared.state.make(write, &mut appended)),
            };
            if let Err(error @ StoreError::Unavailable(_)) = &result {
                trouble = Some(error.clone());
            }
            results.push(result);
        }
        shared.hand_out(appended);
        results
    }

    /// [`Store::open`], at once.
    pub fn open_now(
        &self,
        reader: UserId,
        topic: Topic,
        from: Option<Position>,
    ) -> Result<Recovery, StoreError> {
        self.read(|state| state.open(reader, topic, from))
    }

    /// [`Store::read_log`], at once.
    pub fn read_log_now(
        &self,
        topic: Topic,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        self.read(|state| Ok(state.read_log(topic, after, limit)))
    }

    /// [`Store::query`], at once.
    pub fn query_now(&self, reader: UserId, query: &Query) -> Result<Answer, StoreError> {
        self.read(|state| state.query(reader, query))
    }

    /// [`Store::delivery`], at once.
    pub fn delivery_now(
        &self,
        reader: UserId,
        room: RoomId,
        message: Seq,
    ) -> Result<Recipients, StoreError> {
        self.read(|state| state.delivery(reader, room, message))
    }

    /// [`Store::post`], at once.
    pub fn post_now(&self, post: PostId) -> Result<Post, StoreError> {
        self.read(|state| state.posts.find(post))
    }

    /// [`Store::is_member`], at once.
    pub fn is_member_now(&self, user: UserId, room: RoomId) -> Result<bool, StoreError> {
        self.read(|state| Ok(state.is_member(user, room)))
    }

    /// [`Store::append_due_notice`], at once.
    pub fn append_due_notice_now(
        &self,
        due: DueNotice,
        at: Timestamp,
    ) -> Result<Option<LogPosition>, StoreError> {
        let shared = &mut *self.lock();
        let mut appended = Vec::new();
        let told =
            shared.fault.write(|| Ok(shared.state.append_due_notice(due, at, &mut appended)))?;
        shared.hand_out(appended);
        Ok(told)
    }

    /// [`Store::sign_up`], at once.
    pub fn sign_up_now(&self, new: NewUser) -> Result<User, StoreError> {
        let shared = &mut *self.lock();
        let mut appended = Vec::new();
        let user = shared.fault.write(|| shared.state.sign_up(new, &mut appended))?;
        shared.hand_out(appended);
        Ok(user)
    }

    /// [`Store::service_user`], at once.
    pub fn service_user_now(&self, service: ServiceAccount) -> Result<User, StoreError> {
        let shared = &mut *self.lock();
        let mut appended = Vec::new();
        let user = shared.fault.write(|| shared.state.service_user(service, &mut appended))?;
        shared.hand_out(appended);
        Ok(user)
    }

    /// [`Store::session`], at once.
    pub fn session_now(&self, token: &TokenHash) -> Result<Option<User>, StoreError> {
        self.read(|state| Ok(state.session(token)))
    }

    /// [`Store::sign_out`], at once.
    pub fn sign_out_now(&self, token: &TokenHash) -> Result<(), StoreError> {
        let shared = &mut *self.lock();
        shared.fault.write(|| {
            shared.state.sign_out(token);
            Ok(())
        })
    }

    /// [`Store::ready`], at once.
    pub fn ready_now(&self) -> Result<(), StoreError> {
        self.lock().fault.probe()
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> Result<T, Failure>) -> Result<T, StoreError> {
        let shared = self.lock();
        shared.fault.read(|| read(&shared.state))
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn hand_out(&mut self, appended: Vec<TopicEvent>) {
        if appended.is_empty() {
            return;
        }
        match &self.tail {
            // Without a reader the events are in the log all the same.
            Some(tail) => drop(tail.send(appended)),
            None => self.waiting.extend(appended),
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
        topic: Topic,
        from: Option<Position>,
    ) -> BoxFuture<'static, Result<Recovery, StoreError>> {
        ready(self.open_now(reader, topic, from))
    }

    fn read_log(
        &self,
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

    fn post(&self, post: PostId) -> BoxFuture<'static, Result<Post, StoreError>> {
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

    fn ready(&self) -> BoxFuture<'static, Result<(), StoreError>> {
        ready(self.ready_now())
    }
}
