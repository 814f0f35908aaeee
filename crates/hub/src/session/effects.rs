//! What a session asks of the edge, and what comes back.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use madang_shared::{Answer, CloseCode, Position, Query, QueryId, RoomId, Seq, Topic, UserId};

use crate::frame::Frame;
use crate::hub::Hub;
use crate::log_cache::LogPage;
use crate::ports::{Committed, Recovery, Store, StoreError, Write};

/// To be carried out in the order given.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Write this frame.
    Send(Frame),
    /// End the connection with this code.
    Close(CloseCode),
    /// Ask the store; its answer comes back as [`StoreResponse`]. Further effects need not wait for it.
    Request(StoreRequest),
}

/// A question to the store. A `ticket` tells an answer that is still wanted from one that came after
/// the topic was left.
#[derive(Clone, Debug)]
pub enum StoreRequest {
    /// See [`Store::commit`].
    Commit(Vec<Write>),
    /// See [`Store::open`].
    Open {
        /// Comes back with the answer.
        ticket: u64,
        /// Which topic.
        topic: Topic,
        /// Where the reader stands.
        from: Option<Position>,
    },
    /// Events of the log, see [`crate::log_cache`].
    ReadLog {
        /// Comes back with the answer.
        ticket: u64,
        /// Which topic.
        topic: Topic,
        /// What the reader knows.
        after: Seq,
    },
    /// See [`Store::is_member`].
    CheckAccess {
        /// Comes back with the answer.
        ticket: u64,
        /// What the reader wants to follow, or follows.
        topic: Topic,
        /// The room that one must have joined for it.
        room: RoomId,
    },
    /// See [`Store::query`].
    Query {
        /// Comes back with the answer.
        id: QueryId,
        /// What is asked.
        query: Query,
    },
}

/// The store's answer to an [`StoreRequest`].
#[derive(Clone, Debug)]
pub enum StoreResponse {
    /// To [`StoreRequest::Commit`].
    Commit(Vec<Result<Committed, StoreError>>),
    /// To [`StoreRequest::Open`].
    Open {
        /// Of the question.
        ticket: u64,
        /// Of the question.
        topic: Topic,
        /// The answer.
        recovery: Result<Recovery, StoreError>,
    },
    /// To [`StoreRequest::ReadLog`].
    ReadLog {
        /// Of the question.
        ticket: u64,
        /// Of the question.
        topic: Topic,
        /// The answer.
        page: Result<Arc<LogPage>, StoreError>,
    },
    /// To [`StoreRequest::CheckAccess`].
    CheckAccess {
        /// Of the question.
        ticket: u64,
        /// Of the question.
        topic: Topic,
        /// The answer.
        member: Result<bool, StoreError>,
    },
    /// To [`StoreRequest::Query`].
    Query {
        /// Of the question.
        id: QueryId,
        /// The answer.
        answer: Result<Answer, StoreError>,
    },
}

impl StoreResponse {
    /// What went wrong in it, for the log.
    pub fn errors(&self) -> impl Iterator<Item = &StoreError> {
        let (many, one) = match self {
            Self::Commit(results) => (results.as_slice(), None),
            Self::Open { recovery, .. } => (&[][..], recovery.as_ref().err()),
            Self::ReadLog { page, .. } => (&[][..], page.as_ref().err()),
            Self::CheckAccess { member, .. } => (&[][..], member.as_ref().err()),
            Self::Query { answer, .. } => (&[][..], answer.as_ref().err()),
        };
        many.iter().filter_map(|result| result.as_ref().err()).chain(one)
    }
}

impl StoreRequest {
    /// Puts the question to the store. A commit has been handed over when this returns, before the
    /// future is polled: commits of a session keep their order, and one whose connection goes away
    /// still happens.
    pub fn execute(
        self,
        hub: &Hub,
        store: &Arc<dyn Store>,
        subscriber: UserId,
    ) -> BoxFuture<'static, StoreResponse> {
        match self {
            Self::Commit(batch) => store.commit(batch).map(StoreResponse::Commit).boxed(),
            Self::Open { ticket, topic, from } => store
                .open(subscriber, topic, from)
                .map(move |recovery| StoreResponse::Open { ticket, topic, recovery })
                .boxed(),
            Self::ReadLog { ticket, topic, after } => {
                let store = Arc::clone(store);
                let read = move |after, limit| store.read_log(topic, after, limit);
                let page = hub.pages().read(topic, after, read);
                page.map(move |page| StoreResponse::ReadLog { ticket, topic, page }).boxed()
            }
            Self::CheckAccess { ticket, topic, room } => store
                .is_member(subscriber, room)
                .map(move |member| StoreResponse::CheckAccess { ticket, topic, member })
                .boxed(),
            Self::Query { id, query } => store
                .query(subscriber, query)
                .map(move |answer| StoreResponse::Query { id, answer })
                .boxed(),
        }
    }
}
