//! A connection whose store requests are executed at once, and which counts the answers that it
//! still expects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use madang_hub::log_cache::{LogPage, PAGE_EVENTS};
use madang_hub::session::effects::StoreRequest;
use madang_hub::{Effect, PendingHello, Session, StoreResponse};
use madang_shared::codec;
use madang_shared::frames::ErrorContext;
use madang_shared::{
    ClientFrame, CommandId, Hello, Query, QueryFrame, QueryId, Seq, ServerFrame, Timestamp, Topic,
    User, UserId,
};
use madang_store::InlineSqlite;

use crate::TestServer;

pub(crate) struct Client {
    /// None once the server has closed it.
    session: Option<Session>,
    requests: Vec<StoreRequest>,
    expected: Expected,
    /// The last seq of each topic that the server has begun to send.
    seqs: BTreeMap<Topic, Seq>,
}

/// The number of expected answers.
#[derive(Default)]
struct Expected {
    commands: BTreeMap<CommandId, usize>,
    queries: BTreeMap<QueryId, usize>,
    /// The queries that are answered when a read count changes, or never.
    watches: BTreeSet<QueryId>,
    topics: BTreeMap<Topic, usize>,
}

impl Expected {
    fn is_empty(&self) -> bool {
        let mut counts =
            self.commands.values().chain(self.queries.values()).chain(self.topics.values());
        counts.all(|count| *count == 0)
    }
}

/// Counts an answer, which must be expected.
fn received<K: Ord + std::fmt::Debug>(expected: &mut BTreeMap<K, usize>, key: K) {
    let count = expected.get_mut(&key).filter(|count| **count > 0);
    *count.unwrap_or_else(|| panic!("an unexpected answer: {key:?}")) -= 1;
}

impl Expected {
    /// Counts the answer to a query. That to a watch comes at any time.
    fn received_query(&mut self, id: QueryId) {
        let is_expected = self.queries.get(&id).is_some_and(|count| *count > 0);
        if is_expected || !self.watches.contains(&id) {
            received(&mut self.queries, id);
        }
    }
}

impl Client {
    pub(crate) fn new(server: &TestServer, user: User, now: Timestamp) -> Self {
        let hello = ClientFrame::Hello(Hello { client: "fuzz".into(), ..Hello::default() });
        let hello = PendingHello::new(now).receive(&codec::encode_client(&hello)).unwrap();
        let (session, effects) = hello.welcome(server.hub.clone(), user, None, None, now);
        assert_eq!(effects.len(), 1, "a welcome");
        Self {
            session: Some(session),
            requests: Vec::new(),
            expected: Expected::default(),
            seqs: BTreeMap::new(),
        }
    }

    pub(crate) fn send(&mut self, server: &TestServer, now: Timestamp, text: &str) {
        let Some(session) = &mut self.session else { return };
        match codec::decode_client(text) {
            Ok(ClientFrame::Command(command)) => {
                *self.expected.commands.entry(command.id).or_default() += 1
            }
            Ok(ClientFrame::Query(QueryFrame { id, query: Query::ReadCount(_) })) => {
                self.expected.watches.insert(id);
            }
            Ok(ClientFrame::Query(query)) => {
                *self.expected.queries.entry(query.id).or_default() += 1
            }
            Ok(ClientFrame::Subscribe(subscription)) => {
                *self.expected.topics.entry(subscription.topic).or_default() += 1;
                self.seqs.remove(&subscription.topic);
            }
            Ok(ClientFrame::Unsubscribe { topic }) => {
                self.seqs.remove(&topic);
            }
            Ok(_) => {}
            Err(error) => match error.refusal().0 {
                ErrorContext::Command(id) => *self.expected.commands.entry(id).or_default() += 1,
                ErrorContext::Query(id) => *self.expected.queries.entry(id).or_default() += 1,
                _ => {}
            },
        }
        let effects = session.on_frame(now, text);
        self.apply(effects);
        self.settle(server, now);
        assert!(self.session.is_none() || self.expected.is_empty(), "not answered: {text}");
    }

    /// Executes all store requests, and those that follow from them.
    pub(crate) fn settle(&mut self, server: &TestServer, now: Timestamp) {
        loop {
            for request in std::mem::take(&mut self.requests) {
                let Some(session) = &mut self.session else { return };
                let response = answer(&server.store, session.user(), request);
                server.publish();
                let effects = session.on_response(now, response);
                self.apply(effects);
            }
            let Some(session) = &mut self.session else { return };
            let mut effects = session.on_time(now);
            effects.extend(session.on_wake());
            let is_settled = effects.is_empty() && !session.wakeups().has_pending();
            self.apply(effects);
            if is_settled && self.requests.is_empty() {
                return;
            }
        }
    }

    fn apply(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(frame) => {
                    let text = std::str::from_utf8(frame.bytes()).unwrap();
                    let frame = codec::decode_server(text).expect("the app can read it");
                    assert_eq!(serde_json::from_str(text).ok().as_ref(), Some(&frame), "{text}");
                    self.receive(frame);
                }
                Effect::Request(request) => self.requests.push(request),
                Effect::Close(_) => {
                    self.session = None;
                    return;
                }
            }
        }
    }

    fn receive(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Ack { id, .. } => received(&mut self.expected.commands, id),
            ServerFrame::Answer { id, .. } => self.expected.received_query(id),
            ServerFrame::Snapshot(state) => {
                received(&mut self.expected.topics, state.topic);
                self.seqs.insert(state.topic, state.position.seq);
            }
            ServerFrame::Reset(state) => {
                // A reset also comes without a request, to a client that lags behind an ephemeral
                // topic.
                if !self.seqs.contains_key(&state.topic) {
                    received(&mut self.expected.topics, state.topic);
                }
                self.seqs.insert(state.topic, state.position.seq);
            }
            ServerFrame::Recovered { topic, from, to } => {
                received(&mut self.expected.topics, topic);
                assert!(
                    from.epoch == to.epoch && from.seq <= to.seq,
                    "{topic}: {from:?} to {to:?}"
                );
                self.seqs.insert(topic, from.seq);
            }
            ServerFrame::Event { topic, seq, .. } => {
                let last_seq = self.seqs.get_mut(&topic).expect("an event of what is followed");
                assert_eq!(seq.0, last_seq.0 + 1, "a gap in {topic}");
                *last_seq = seq;
            }
            ServerFrame::Error { about: ErrorContext::Command(id), .. } => {
                received(&mut self.expected.commands, id)
            }
            ServerFrame::Error { about: ErrorContext::Query(id), .. } => {
                self.expected.received_query(id)
            }
            ServerFrame::Error { about: ErrorContext::Topic(topic), .. } => {
                // An error also comes without a request, when access to the topic was revoked.
                if self.seqs.remove(&topic).is_none() {
                    received(&mut self.expected.topics, topic);
                }
            }
            ServerFrame::Error { about: ErrorContext::Frame, .. } | ServerFrame::Ping { .. } => {}
            ServerFrame::Welcome(_) => unreachable!("there was one already"),
        }
    }
}

fn answer(store: &InlineSqlite, reader: UserId, request: StoreRequest) -> StoreResponse {
    match request {
        StoreRequest::Commit(batch) => StoreResponse::Commit(store.commit_now(batch)),
        StoreRequest::Open { ticket, topic, from, shared } => {
            let recovery = store.open_now(reader, shared, from);
            StoreResponse::Open { ticket, topic, recovery }
        }
        StoreRequest::ReadLog { ticket, topic, after } => {
            let events = store.read_log_now(reader, topic, after, PAGE_EVENTS as usize);
            let page = events.map(|events| Arc::new(LogPage::of(topic, after, &events)));
            StoreResponse::ReadLog { ticket, topic, page }
        }
        StoreRequest::CheckAccess { ticket, topic } => StoreResponse::CheckAccess {
            ticket,
            topic,
            access: store.check_access_now(reader, topic),
        },
        StoreRequest::ReadMarks { room, id } => {
            StoreResponse::ReadMarks { room, id, marks: store.read_marks_now(reader, room) }
        }
        StoreRequest::Query { id, query } => {
            StoreResponse::Query { id, answer: store.query_now(reader, query) }
        }
    }
}
