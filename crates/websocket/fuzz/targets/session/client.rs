//! One connection whose questions are answered at once, and which keeps account of what it is owed.

use std::collections::BTreeMap;
use std::sync::Arc;

use madang_hub::log_cache::{LogPage, PAGE_EVENTS};
use madang_hub::session::effects::StoreRequest;
use madang_hub::{Effect, PendingHello, Session, StoreResponse};
use madang_shared::codec;
use madang_shared::frames::ErrorContext;
use madang_shared::{
    ClientFrame, CommandId, Hello, QueryId, Seq, ServerFrame, Timestamp, Topic, User, UserId,
};
use madang_store::Memory;

use crate::TestServer;

pub(crate) struct Client {
    /// None once the server has closed it.
    session: Option<Session>,
    asked: Vec<StoreRequest>,
    owed: Owed,
    /// Where each stream stands that the server has begun.
    places: BTreeMap<Topic, Seq>,
}

/// Answers that are to come.
#[derive(Default)]
struct Owed {
    commands: BTreeMap<CommandId, usize>,
    queries: BTreeMap<QueryId, usize>,
    topics: BTreeMap<Topic, usize>,
}

impl Owed {
    fn is_nothing(&self) -> bool {
        let mut counts =
            self.commands.values().chain(self.queries.values()).chain(self.topics.values());
        counts.all(|count| *count == 0)
    }
}

/// Takes an answer that is owed.
fn paid<K: Ord + std::fmt::Debug>(owed: &mut BTreeMap<K, usize>, key: K) {
    let count = owed.get_mut(&key).filter(|count| **count > 0);
    *count.unwrap_or_else(|| panic!("an answer that nobody asked for: {key:?}")) -= 1;
}

impl Client {
    pub(crate) fn new(server: &TestServer, user: User, now: Timestamp) -> Self {
        let hello = ClientFrame::Hello(Hello { client: "fuzz".into(), ..Hello::default() });
        let heard = PendingHello::new(now).receive(&codec::encode_client(&hello)).unwrap();
        let (session, effects) = heard.welcome(server.hub.clone(), user, None, now);
        assert_eq!(effects.len(), 1, "a welcome");
        Self {
            session: Some(session),
            asked: Vec::new(),
            owed: Owed::default(),
            places: BTreeMap::new(),
        }
    }

    pub(crate) fn say(&mut self, server: &TestServer, now: Timestamp, text: &str) {
        let Some(session) = &mut self.session else { return };
        match codec::decode_client(text) {
            Ok(ClientFrame::Command(command)) => {
                *self.owed.commands.entry(command.id).or_default() += 1
            }
            Ok(ClientFrame::Query(query)) => *self.owed.queries.entry(query.id).or_default() += 1,
            Ok(ClientFrame::Subscribe(subscription)) => {
                *self.owed.topics.entry(subscription.topic).or_default() += 1;
                self.places.remove(&subscription.topic);
            }
            Ok(ClientFrame::Unsubscribe { topic }) => drop(self.places.remove(&topic)),
            Ok(_) => {}
            Err(undecoded) => match undecoded.refusal().0 {
                ErrorContext::Command(id) => *self.owed.commands.entry(id).or_default() += 1,
                ErrorContext::Query(id) => *self.owed.queries.entry(id).or_default() += 1,
                _ => {}
            },
        }
        let effects = session.on_frame(now, text);
        self.carry_out(effects);
        self.settle(server, now);
        assert!(self.session.is_none() || self.owed.is_nothing(), "not answered: {text}");
    }

    /// Answers whatever was asked, and hands over what follows from that.
    pub(crate) fn settle(&mut self, server: &TestServer, now: Timestamp) {
        loop {
            for ask in std::mem::take(&mut self.asked) {
                let Some(session) = &mut self.session else { return };
                let done = answer(&server.store, session.user(), ask);
                server.publish();
                let effects = session.on_response(now, done);
                self.carry_out(effects);
            }
            let Some(session) = &mut self.session else { return };
            let mut effects = session.on_time(now);
            effects.extend(session.on_wake());
            let is_over = effects.is_empty() && !session.wakeups().has_pending();
            self.carry_out(effects);
            if is_over && self.asked.is_empty() {
                return;
            }
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(frame) => {
                    let text = std::str::from_utf8(frame.bytes()).unwrap();
                    let frame = codec::decode_server(text).expect("the app can read it");
                    assert_eq!(serde_json::from_str(text).ok().as_ref(), Some(&frame), "{text}");
                    self.hear(frame);
                }
                Effect::Request(ask) => self.asked.push(ask),
                Effect::Close(_) => {
                    self.session = None;
                    return;
                }
            }
        }
    }

    fn hear(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Ack { id, .. } => paid(&mut self.owed.commands, id),
            ServerFrame::Answer { id, .. } => paid(&mut self.owed.queries, id),
            ServerFrame::Snapshot(state) => {
                paid(&mut self.owed.topics, state.topic);
                self.places.insert(state.topic, state.position.seq);
            }
            ServerFrame::Reset(state) => {
                // It also comes unasked, to who has fallen behind something that only matters now.
                if !self.places.contains_key(&state.topic) {
                    paid(&mut self.owed.topics, state.topic);
                }
                self.places.insert(state.topic, state.position.seq);
            }
            ServerFrame::Recovered { topic, from, to } => {
                paid(&mut self.owed.topics, topic);
                assert!(
                    from.epoch == to.epoch && from.seq <= to.seq,
                    "{topic}: {from:?} to {to:?}"
                );
                self.places.insert(topic, from.seq);
            }
            ServerFrame::Event { topic, seq, .. } => {
                let place = self.places.get_mut(&topic).expect("an event of what is followed");
                assert_eq!(seq.0, place.0 + 1, "a hole in {topic}");
                *place = seq;
            }
            ServerFrame::Error { about: ErrorContext::Command(id), .. } => {
                paid(&mut self.owed.commands, id)
            }
            ServerFrame::Error { about: ErrorContext::Query(id), .. } => {
                paid(&mut self.owed.queries, id)
            }
            ServerFrame::Error { about: ErrorContext::Topic(topic), .. } => {
                // Also where one may not follow any more, unasked.
                if self.places.remove(&topic).is_none() {
                    paid(&mut self.owed.topics, topic);
                }
            }
            ServerFrame::Error { about: ErrorContext::Frame, .. } | ServerFrame::Ping { .. } => {}
            ServerFrame::Welcome(_) => unreachable!("there was one already"),
        }
    }
}

fn answer(store: &Memory, reader: UserId, ask: StoreRequest) -> StoreResponse {
    match ask {
        StoreRequest::Commit(batch) => StoreResponse::Commit(store.commit_now(batch)),
        StoreRequest::Open { ticket, topic, from } => {
            StoreResponse::Open { ticket, topic, recovery: store.open_now(reader, topic, from) }
        }
        StoreRequest::ReadLog { ticket, topic, after } => {
            let events = store.read_log_now(topic, after, PAGE_EVENTS as usize);
            let page = events.map(|events| Arc::new(LogPage::of(topic, after, &events)));
            StoreResponse::ReadLog { ticket, topic, page }
        }
        StoreRequest::CheckAccess { ticket, topic, room } => {
            StoreResponse::CheckAccess { ticket, topic, member: store.is_member_now(reader, room) }
        }
        StoreRequest::Query { id, query } => {
            StoreResponse::Query { id, answer: store.query_now(reader, &query) }
        }
    }
}
