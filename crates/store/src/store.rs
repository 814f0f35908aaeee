//! The store over an engine: it executes the rules on the connections of the engine.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::connections::{Apply, Connections, ReadLane, only};
use crate::error::StatementError;
use crate::readers::ReadPayer;
use crate::rules::leases::LeaseRequest;
use crate::rules::users::UserSession;
use crate::rules::{
    self, WriteInput, access_tokens, audience, bots, commands, delivery, details, directory,
    leases, log, notices, people, posts, recovery, rights, users,
};
use crate::transaction::Transaction;
use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use madang_hub::access_tokens::{AccessTokenStore, NewBotAccount, NewToken, TokenEnd, TokenUser};
use madang_hub::nodes::NodeId;
use madang_hub::notices::DueNotice;
use madang_hub::policy::rights::{Need, RoomRight};
use madang_hub::ports::Recipients;
use madang_hub::ports::{
    Committed, DirectoryRequest, LogEntry, MemberMark, NewUser, PeopleRequest, Recovery,
    ServiceAccount, SessionLimits, Store, StoreError, TokenHash, Write,
};
use madang_hub::shared_state::SharedStateRead;
use madang_hub::storage::FreeSpace;
use madang_shared::access_tokens::{AccessToken, Bot};
use madang_shared::details::MembersPage;
use madang_shared::frames::LogPosition;
use madang_shared::people::PeoplePage;
use madang_shared::posts::Post;
use madang_shared::room_access::RoomAccess;
use madang_shared::rooms::{DirectoryPage, ListedRoom};
use madang_shared::{Answer, Position, PostId, Query, RoomId, Seq, Timestamp, Topic, User, UserId};

/// A store over the connections of an engine.
#[derive(Debug)]
pub struct EngineStore<C> {
    pub(crate) connections: Arc<C>,
    /// The sessions and access tokens that were asked for since their use was last recorded.
    used_sessions: Arc<Mutex<HashSet<TokenHash>>>,
    pub(crate) free_space: FreeSpace,
}

/// A clone is the same store.
impl<C> Clone for EngineStore<C> {
    fn clone(&self) -> Self {
        let connections = Arc::clone(&self.connections);
        let used_sessions = Arc::clone(&self.used_sessions);
        Self { connections, used_sessions, free_space: self.free_space.clone() }
    }
}

impl<C: Connections> EngineStore<C> {
    pub(crate) fn over(connections: C, free_space: FreeSpace) -> Self {
        Self { connections: Arc::new(connections), used_sessions: Arc::default(), free_space }
    }

    /// The same store, as if its disk had this free space.
    pub(crate) fn set_free_space(&mut self, free_space: FreeSpace) {
        self.free_space = free_space;
    }

    pub(crate) fn read<T: Send + 'static>(
        &self,
        reader: UserId,
        read: impl FnOnce(&dyn Transaction) -> Result<T, StatementError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        self.connections.read(ReadLane::Users, ReadPayer::User(reader), read)
    }

    pub(crate) fn server_read<T: Send + 'static>(
        &self,
        lane: ReadLane,
        read: impl FnOnce(&dyn Transaction) -> Result<T, StatementError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        self.connections.read(lane, ReadPayer::Server, read)
    }

    pub(crate) fn write<I: WriteInput, T: Send + 'static>(
        &self,
        input: I,
        apply: Apply<I, T>,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        self.connections.write(vec![input], apply).map(only).boxed()
    }
}

impl<C: Connections> Store for EngineStore<C> {
    fn commit(&self, batch: Vec<Write>) -> BoxFuture<'static, Vec<Result<Committed, StoreError>>> {
        if batch.is_empty() {
            return future::ready(Vec::new()).boxed();
        }
        let with_space = |write| (write, self.free_space.clone());
        self.connections.write(batch.into_iter().map(with_space).collect(), commands::apply)
    }

    fn open(
        &self,
        reader: UserId,
        shared: SharedStateRead,
        from: Option<Position>,
    ) -> BoxFuture<'static, Result<Recovery, StoreError>> {
        // Before the transaction begins: it may see an older state than that of a later revision.
        let revision = self.connections.external_revision();
        self.read(reader, move |transaction| {
            recovery::open_topic(transaction, reader, &shared, from, revision)
        })
    }

    fn read_log(
        &self,
        reader: UserId,
        topic: Topic,
        after: Seq,
        limit: usize,
    ) -> BoxFuture<'static, Result<Vec<LogEntry>, StoreError>> {
        self.read(reader, move |transaction| log::read(transaction, topic, after, limit))
    }

    fn heads(&self, topics: Vec<Topic>) -> BoxFuture<'static, Result<Vec<Seq>, StoreError>> {
        let heads = move |transaction: &dyn Transaction| log::heads(transaction, &topics);
        self.server_read(ReadLane::Users, heads)
    }

    fn query(
        &self,
        reader: UserId,
        query: Query,
    ) -> BoxFuture<'static, Result<Answer, StoreError>> {
        let need = madang_hub::features::query_needs(&query);
        self.read(reader, move |transaction| {
            rights::require(transaction, reader, need)?;
            rules::answer(transaction, reader, &query)
        })
    }

    fn delivery(
        &self,
        reader: UserId,
        room: RoomId,
        message: Seq,
    ) -> BoxFuture<'static, Result<Recipients, StoreError>> {
        self.read(reader, move |transaction| delivery::find(transaction, reader, room, message))
    }

    fn room_access(
        &self,
        reader: UserId,
        room: RoomId,
        message: Option<Seq>,
    ) -> BoxFuture<'static, Result<RoomAccess, StoreError>> {
        self.read(reader, move |transaction| audience::find(transaction, reader, (room, message)))
    }

    fn read_marks(
        &self,
        user: UserId,
        room: RoomId,
    ) -> BoxFuture<'static, Result<Vec<MemberMark>, StoreError>> {
        self.read(user, move |transaction| details::read_marks(transaction, user, room))
    }

    fn directory(
        &self,
        reader: UserId,
        request: DirectoryRequest,
    ) -> BoxFuture<'static, Result<DirectoryPage, StoreError>> {
        self.read(reader, move |transaction| {
            rights::require(transaction, reader, Need::DIRECTORY)?;
            directory::page(transaction, &request)
        })
    }

    fn room(
        &self,
        reader: UserId,
        room: RoomId,
    ) -> BoxFuture<'static, Result<ListedRoom, StoreError>> {
        self.read(reader, move |transaction| {
            rights::require(transaction, reader, Need::Room(room, RoomRight::Know))?;
            directory::find(transaction, room)
        })
    }

    fn people(
        &self,
        reader: UserId,
        request: PeopleRequest,
    ) -> BoxFuture<'static, Result<PeoplePage, StoreError>> {
        self.read(reader, move |transaction| {
            rights::require(transaction, reader, Need::Account)?;
            people::page(transaction, reader, &request)
        })
    }

    fn members(
        &self,
        reader: UserId,
        room: RoomId,
        after: Option<UserId>,
    ) -> BoxFuture<'static, Result<MembersPage, StoreError>> {
        self.read(reader, move |transaction| details::page(transaction, reader, room, after))
    }

    fn post(&self, reader: UserId, post: PostId) -> BoxFuture<'static, Result<Post, StoreError>> {
        self.read(reader, move |transaction| {
            rights::require(transaction, reader, Need::FEED)?;
            posts::find(transaction, post)
        })
    }

    fn check_access(
        &self,
        user: UserId,
        topic: Topic,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        self.read(user, move |transaction| {
            rights::require_topic(transaction, user, topic).map(drop)
        })
    }

    fn check_need(&self, user: UserId, need: Need) -> BoxFuture<'static, Result<(), StoreError>> {
        self.read(user, move |transaction| rights::require(transaction, user, need))
    }

    fn append_due_notice(
        &self,
        due: DueNotice,
        at: Timestamp,
    ) -> BoxFuture<'static, Result<Option<LogPosition>, StoreError>> {
        self.write((due, at), notices::append_due_notice)
    }

    fn sign_up(&self, new: NewUser) -> BoxFuture<'static, Result<User, StoreError>> {
        if let Err(refused) = self.free_space.check() {
            return future::ready(Err(StoreError::Refused(refused))).boxed();
        }
        self.write(new, users::sign_up)
    }

    fn service_user(
        &self,
        service: ServiceAccount,
    ) -> BoxFuture<'static, Result<User, StoreError>> {
        self.write(service, users::service_user)
    }

    fn session(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<User>, StoreError>> {
        let used = Arc::clone(&self.used_sessions);
        let session = self.server_read(ReadLane::SignIns, move |transaction| {
            let session = users::session(transaction, &token, now)?;
            if session.is_some() {
                used.lock().unwrap_or_else(PoisonError::into_inner).insert(token);
            }
            Ok(session)
        });
        let record_use = self.connections.deferred_write(users::record_use);
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
        self.write(token, users::sign_out)
    }

    fn ended_sessions(
        &self,
        sessions: Vec<TokenHash>,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Vec<TokenHash>, StoreError>> {
        let read =
            move |transaction: &dyn Transaction| users::ended_sessions(transaction, sessions, now);
        self.server_read(ReadLane::SignIns, read)
    }

    fn expire_sessions(
        &self,
        mut in_use: Vec<TokenHash>,
        now: Timestamp,
        limits: Option<SessionLimits>,
    ) -> BoxFuture<'static, Result<u64, StoreError>> {
        let used = &mut *self.used_sessions.lock().unwrap_or_else(PoisonError::into_inner);
        in_use.extend(std::mem::take(used));
        self.write((in_use, now, limits), users::expire_sessions)
    }

    fn acquire_lease(
        &self,
        name: &'static str,
        holder: NodeId,
        now: Timestamp,
        duration_ms: u64,
    ) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.write(LeaseRequest { name, holder, now, duration_ms }, leases::acquire)
    }

    fn release_lease(
        &self,
        name: &'static str,
        holder: NodeId,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        self.write((name, holder), leases::release)
    }

    fn ready(&self) -> BoxFuture<'static, Result<(), StoreError>> {
        let head = |transaction: &dyn Transaction| log::head(transaction, Topic::Notices);
        let reads = [ReadLane::Users, ReadLane::SignIns].map(|lane| self.server_read(lane, head));
        let write = self.write((), commands::probe);
        let connections = Arc::clone(&self.connections);
        async move {
            future::try_join_all(reads).await?;
            write.await?;
            connections.check_damage()
        }
        .boxed()
    }
}

impl<C: Connections> AccessTokenStore for EngineStore<C> {
    fn issue_token(&self, new: NewToken) -> BoxFuture<'static, Result<AccessToken, StoreError>> {
        if let Err(refused) = self.free_space.check() {
            return future::ready(Err(StoreError::Refused(refused))).boxed();
        }
        self.write(new, access_tokens::issue)
    }

    fn tokens(
        &self,
        manager: UserId,
        account: UserId,
    ) -> BoxFuture<'static, Result<Vec<AccessToken>, StoreError>> {
        self.read(manager, move |transaction| access_tokens::list(transaction, manager, account))
    }

    fn end_token(&self, end: TokenEnd) -> BoxFuture<'static, Result<TokenHash, StoreError>> {
        self.write(end, access_tokens::end)
    }

    fn token_user(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<TokenUser>, StoreError>> {
        let used = Arc::clone(&self.used_sessions);
        self.server_read(ReadLane::SignIns, move |transaction| {
            let found = access_tokens::user(transaction, &token, now)?;
            if found.is_some() {
                used.lock().unwrap_or_else(PoisonError::into_inner).insert(token);
            }
            Ok(found)
        })
    }

    fn make_bot(&self, new: NewBotAccount) -> BoxFuture<'static, Result<Bot, StoreError>> {
        if let Err(refused) = self.free_space.check() {
            return future::ready(Err(StoreError::Refused(refused))).boxed();
        }
        self.write(new, bots::make)
    }

    fn bots(&self, maker: UserId) -> BoxFuture<'static, Result<Vec<Bot>, StoreError>> {
        self.read(maker, move |transaction| bots::list(transaction, maker))
    }
}
