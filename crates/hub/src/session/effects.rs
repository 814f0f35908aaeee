//! Effects: the instructions of a session to the connection loop, and the responses of the store.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use madang_shared::{Answer, CloseCode, Position, Query, QueryId, RoomId, Seq, Topic, UserId};

use crate::frame::Frame;
use crate::hub::Hub;
use crate::log_cache::LogPage;
use crate::ports::{Committed, MemberMark, Recovery, Store, StoreError, Write};
use crate::shared_state::SharedStateRead;

/// An instruction. The connection loop executes effects in the given order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Write this frame.
    Send(Frame),
    /// Close the connection with this code.
    Close(CloseCode),
    /// Ask the store, and give its [`StoreResponse`] to the session. Later effects need not wait for it.
    Request(StoreRequest),
}

/// A request to the store. The `ticket` distinguishes the response to a present subscription from the
/// late response to an earlier one.
#[derive(Clone, Debug)]
pub enum StoreRequest {
    /// See [`Store::commit`].
    Commit(Vec<Write>),
    /// See [`Store::open`].
    Open {
        /// Returned with the response.
        ticket: u64,
        /// The topic.
        topic: Topic,
        /// The client's position.
        from: Option<Position>,
        /// The way to the shared state of the topic.
        shared: SharedStateRead,
    },
    /// A page of the log; see [`crate::log_cache`].
    ReadLog {
        /// Returned with the response.
        ticket: u64,
        /// The topic.
        topic: Topic,
        /// The subscriber's cursor.
        after: Seq,
    },
    /// See [`Store::check_access`].
    CheckAccess {
        /// Returned with the response.
        ticket: u64,
        /// The topic that the user follows or wants to follow.
        topic: Topic,
    },
    /// See [`Store::read_marks`].
    ReadMarks {
        /// The room whose members' marks are needed.
        room: RoomId,
        /// The query that watches the room. Returned with the response.
        id: QueryId,
    },
    /// See [`Store::query`].
    Query {
        /// Returned with the response.
        id: QueryId,
        /// The query.
        query: Query,
    },
}

/// The store's response to a [`StoreRequest`].
#[derive(Clone, Debug)]
pub enum StoreResponse {
    /// The response to [`StoreRequest::Commit`].
    Commit(Vec<Result<Committed, StoreError>>),
    /// The response to [`StoreRequest::Open`].
    Open {
        /// The ticket of the request.
        ticket: u64,
        /// The topic of the request.
        topic: Topic,
        /// The store's answer.
        recovery: Result<Recovery, StoreError>,
    },
    /// The response to [`StoreRequest::ReadLog`].
    ReadLog {
        /// The ticket of the request.
        ticket: u64,
        /// The topic of the request.
        topic: Topic,
        /// A page that holds the events after the cursor, if there are any.
        page: Result<Arc<LogPage>, StoreError>,
    },
    /// The response to [`StoreRequest::CheckAccess`].
    CheckAccess {
        /// The ticket of the request.
        ticket: u64,
        /// The topic of the request.
        topic: Topic,
        /// The store's answer.
        access: Result<(), StoreError>,
    },
    /// The response to [`StoreRequest::ReadMarks`].
    ReadMarks {
        /// The room of the request.
        room: RoomId,
        /// The query of the request.
        id: QueryId,
        /// The store's answer.
        marks: Result<Vec<MemberMark>, StoreError>,
    },
    /// The response to [`StoreRequest::Query`].
    Query {
        /// The id of the request.
        id: QueryId,
        /// The store's answer.
        answer: Result<Answer, StoreError>,
    },
}

impl StoreResponse {
    /// The errors in the response, for the log.
    pub fn errors(&self) -> impl Iterator<Item = &StoreError> {
        let (many, one) = match self {
            Self::Commit(results) => (results.as_slice(), None),
            Self::Open { recovery, .. } => (&[][..], recovery.as_ref().err()),
            Self::ReadLog { page, .. } => (&[][..], page.as_ref().err()),
            Self::CheckAccess { access, .. } => (&[][..], access.as_ref().err()),
            Self::ReadMarks { marks, .. } => (&[][..], marks.as_ref().err()),
            Self::Query { answer, .. } => (&[][..], answer.as_ref().err()),
        };
        many.iter().filter_map(|result| result.as_ref().err()).chain(one)
    }
}

impl StoreRequest {
    /// Hands the request of a user's session to the store. A commit has reached the store when this
    /// returns, before the future is polled: the commits of a session keep their order, and the commit of
    /// a lost connection still takes effect.
    pub fn execute(
        self,
        hub: &Hub,
        store: &Arc<dyn Store>,
        user: UserId,
    ) -> BoxFuture<'static, StoreResponse> {
        match self {
            Self::Commit(mut batch) => {
                for write in &mut batch {
                    hub.complete(&mut write.change);
                }
                store.commit(batch).map(StoreResponse::Commit).boxed()
            }
            Self::Open { ticket, topic, from, shared } => store
                .open(user, shared, from)
                .map(move |recovery| StoreResponse::Open { ticket, topic, recovery })
                .boxed(),
            Self::ReadLog { ticket, topic, after } => {
                let store = Arc::clone(store);
                let read = move |after, limit| store.read_log(user, topic, after, limit);
                let page = hub.log_cache().read(topic, after, hub.log_bounds(topic), read);
                page.map(move |page| StoreResponse::ReadLog { ticket, topic, page }).boxed()
            }
            Self::CheckAccess { ticket, topic } => store
                .check_access(user, topic)
                .map(move |access| StoreResponse::CheckAccess { ticket, topic, access })
                .boxed(),
            Self::ReadMarks { room, id } => store
                .read_marks(user, room)
                .map(move |marks| StoreResponse::ReadMarks { room, id, marks })
                .boxed(),
            Self::Query { id, query } => store
                .query(user, query)
                .map(move |answer| StoreResponse::Query { id, answer })
                .boxed(),
        }
    }
}
