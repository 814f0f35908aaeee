//! What a session asks of the edge, and what comes back.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use madang_shared::{Answer, CloseCode, Position, Query, QueryId, RoomId, Seq, Topic, UserId};

use crate::frame::Frame;
use crate::hub::Hub;
use crate::pages::Page;
use crate::ports::{Committed, Opened, Store, StoreError, Write};

/// To be carried out in the order given.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Write this frame.
    Send(Frame),
    /// End the connection with this code.
    Close(CloseCode),
    /// Ask the store; its answer comes back as [`Done`]. Further effects need not wait for it.
    Ask(Ask),
}

/// A question to the store. A `ticket` tells an answer that is still wanted from one that came after
/// the topic was left.
#[derive(Clone, Debug)]
pub enum Ask {
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
    /// Events of the log, see [`crate::pages`].
    ReadLog {
        /// Comes back with the answer.
        ticket: u64,
        /// Which topic.
        topic: Topic,
        /// What the reader knows.
        after: Seq,
    },
    /// See [`Store::is_member`].
    Admit {
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

/// The store's answer to an [`Ask`].
#[derive(Clone, Debug)]
pub enum Done {
    /// To [`Ask::Commit`].
    Committed(Vec<Result<Committed, StoreError>>),
    /// To [`Ask::Open`].
    Opened {
        /// Of the question.
        ticket: u64,
        /// Of the question.
        topic: Topic,
        /// The answer.
        opened: Result<Opened, StoreError>,
    },
    /// To [`Ask::ReadLog`].
    Read {
        /// Of the question.
        ticket: u64,
        /// Of the question.
        topic: Topic,
        /// The answer.
        page: Result<Arc<Page>, StoreError>,
    },
    /// To [`Ask::Admit`].
    Admitted {
        /// Of the question.
        ticket: u64,
        /// Of the question.
        topic: Topic,
        /// The answer.
        member: Result<bool, StoreError>,
    },
    /// To [`Ask::Query`].
    Answered {
        /// Of the question.
        id: QueryId,
        /// The answer.
        answer: Result<Answer, StoreError>,
    },
}

impl Done {
    /// What went wrong in it, for the log.
    pub fn errors(&self) -> impl Iterator<Item = &StoreError> {
        let (many, one) = match self {
            Self::Committed(results) => (results.as_slice(), None),
            Self::Opened { opened, .. } => (&[][..], opened.as_ref().err()),
            Self::Read { page, .. } => (&[][..], page.as_ref().err()),
            Self::Admitted { member, .. } => (&[][..], member.as_ref().err()),
            Self::Answered { answer, .. } => (&[][..], answer.as_ref().err()),
        };
        many.iter().filter_map(|result| result.as_ref().err()).chain(one)
    }
}

impl Ask {
    /// Puts the question to the store. A commit has been handed over when this returns, before the
    /// future is polled: commits of a session keep their order, and one whose connection goes away
    /// still happens.
    pub fn put(
        self,
        hub: &Hub,
        store: &Arc<dyn Store>,
        reader: UserId,
    ) -> BoxFuture<'static, Done> {
        match self {
            Self::Commit(batch) => store.commit(batch).map(Done::Committed).boxed(),
            Self::Open { ticket, topic, from } => store
                .open(reader, topic, from)
                .map(move |opened| Done::Opened { ticket, topic, opened })
                .boxed(),
            Self::ReadLog { ticket, topic, after } => {
                let store = Arc::clone(store);
                let read = move |after, limit| store.read_log(topic, after, limit);
                let page = hub.pages().read(topic, after, read);
                page.map(move |page| Done::Read { ticket, topic, page }).boxed()
            }
            Self::Admit { ticket, topic, room } => store
                .is_member(reader, room)
                .map(move |member| Done::Admitted { ticket, topic, member })
                .boxed(),
            Self::Query { id, query } => {
                store.query(reader, query).map(move |answer| Done::Answered { id, answer }).boxed()
            }
        }
    }
}
