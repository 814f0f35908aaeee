//! A session whose questions are answered at once, unless a test wants to answer them itself.

use std::collections::VecDeque;
use std::sync::Arc;

use madang_hub::log_cache::{LogPage, PAGE_EVENTS};
use madang_hub::ports::NewUser;
use madang_hub::session::effects::StoreRequest;
use madang_hub::topic_channel::RingSize;
use madang_hub::{Effect, FrameSink, Hub, PendingHello, Session, StoreResponse};
use madang_shared::chat::ChatCommand;
use madang_shared::frames::CommandFrame;
use madang_shared::{
    ClientFrame, CloseCode, Command, CommandId, Epoch, ErrorCode, Hello, Position, RoomId,
    ServerFrame, Subscription, Timestamp, Topic, User, codec,
};
use madang_store::Memory;

pub(crate) const START: Timestamp = Timestamp(1_700_000_000_000);
pub(crate) const ROOM: RoomId = RoomId(1);

/// A server without an edge.
pub(crate) struct House {
    pub(crate) store: Memory,
    pub(crate) hub: Arc<Hub>,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with_ring(256)
    }

    pub(crate) fn with_ring(frames: usize) -> Self {
        let store = Memory::new(START, 1);
        Self::over(store, frames)
    }

    pub(crate) fn over(store: Memory, frames: usize) -> Self {
        let hub = Hub::new("test", Epoch(1)).with_rings(RingSize { frames, bytes: 1 << 20 });
        Self { store, hub: Arc::new(hub) }
    }

    pub(crate) fn user(&self, name: &str) -> User {
        let mut token = [0; 32];
        token[..name.len()].copy_from_slice(name.as_bytes());
        let new = NewUser { name: name.into(), name_key: name.into(), token, at: START };
        let user = self.store.sign_up_now(new).unwrap();
        self.publish();
        user
    }

    pub(crate) fn publish(&self) {
        self.hub.publish(&self.store.take_events());
    }

    pub(crate) fn client(&self, user: &User) -> TestClient {
        self.desk_with(user, None)
    }

    pub(crate) fn desk_with(&self, user: &User, sink: Option<Arc<dyn FrameSink>>) -> TestClient {
        let hello = ClientFrame::Hello(Hello { client: "test".into(), ..Hello::default() });
        let mut client = self.client_after(user, sink, &codec::encode_client(&hello));
        assert!(matches!(client.received.pop_front(), Some(ServerFrame::Welcome(_))));
        client
    }

    /// A connection that began with these words; its welcome is the first that it received.
    pub(crate) fn client_after(
        &self,
        user: &User,
        sink: Option<Arc<dyn FrameSink>>,
        hello: &str,
    ) -> TestClient {
        let heard = PendingHello::new(START).hear(hello).unwrap();
        let (session, effects) = heard.welcome(self.hub.clone(), user.clone(), sink, START);
        let mut client = TestClient {
            session,
            user: user.clone(),
            now: START,
            received: VecDeque::new(),
            asked: VecDeque::new(),
            closed: None,
            commands: 0,
        };
        client.note(effects);
        client
    }
}

/// One connection.
pub(crate) struct TestClient {
    pub(crate) session: Session,
    pub(crate) user: User,
    pub(crate) now: Timestamp,
    pub(crate) received: VecDeque<ServerFrame>,
    pub(crate) asked: VecDeque<StoreRequest>,
    pub(crate) closed: Option<CloseCode>,
    commands: u128,
}

impl TestClient {
    pub(crate) fn say(&mut self, frame: &ClientFrame) {
        self.say_text(&codec::encode_client(frame));
    }

    pub(crate) fn say_text(&mut self, text: &str) {
        let effects = self.session.on_frame(self.now, text);
        self.note(effects);
    }

    pub(crate) fn subscribe(&mut self, house: &House, topic: Topic, from: Option<Position>) {
        self.say(&ClientFrame::Subscribe(Subscription { topic, from }));
        self.settle(house);
    }

    pub(crate) fn command(&mut self, command: Command) -> CommandId {
        self.commands += 1;
        let id = CommandId::new(self.now, self.commands << 60);
        self.command_as(id, command);
        id
    }

    pub(crate) fn command_as(&mut self, id: CommandId, command: Command) {
        self.say(&ClientFrame::Command(CommandFrame { id, command }));
    }

    pub(crate) fn post(&mut self, text: &str) -> CommandId {
        self.command(post(text))
    }

    pub(crate) fn done(&mut self, done: StoreResponse) {
        let effects = self.session.on_done(self.now, done);
        self.note(effects);
    }

    /// Answers every question, and hands over everything that follows from the answers.
    pub(crate) fn settle(&mut self, house: &House) {
        loop {
            while let Some(ask) = self.asked.pop_front() {
                let done = answer(&house.store, &self.user, ask);
                house.publish();
                self.done(done);
            }
            let effects = self.session.on_wake();
            self.note(effects);
            if self.asked.is_empty() && !self.session.wakeups().has_pending() {
                return;
            }
        }
    }

    pub(crate) fn tick(&mut self, now: Timestamp) {
        self.now = now;
        let effects = self.session.on_time(now);
        self.note(effects);
    }

    pub(crate) fn take(&mut self) -> Vec<ServerFrame> {
        self.received.drain(..).collect()
    }

    /// The codes of the errors among what was received.
    pub(crate) fn take_errors(&mut self) -> Vec<ErrorCode> {
        let codes = self.take().into_iter().filter_map(|frame| match frame {
            ServerFrame::Error { failure, .. } => Some(failure.code),
            _ => None,
        });
        codes.collect()
    }

    /// The places of the events among what was received.
    pub(crate) fn take_places(&mut self, of: Topic) -> Vec<u64> {
        let places = self.take().into_iter().filter_map(|frame| match frame {
            ServerFrame::Event { topic, seq, .. } if topic == of => Some(seq.0),
            _ => None,
        });
        places.collect()
    }

    fn note(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(frame) => {
                    let text = std::str::from_utf8(frame.bytes()).unwrap();
                    self.received.push_back(codec::decode_server(text).unwrap());
                }
                Effect::Request(ask) => self.asked.push_back(ask),
                Effect::Close(code) => self.closed = Some(code),
            }
        }
    }
}

pub(crate) fn post(text: &str) -> Command {
    ChatCommand::Post { room: ROOM, text: text.into() }.into()
}

/// What the store answers, at once.
pub(crate) fn answer(store: &Memory, subscriber: &User, ask: StoreRequest) -> StoreResponse {
    let subscriber = subscriber.id;
    match ask {
        StoreRequest::Commit(batch) => StoreResponse::Commit(store.commit_now(batch)),
        StoreRequest::Open { ticket, topic, from } => {
            StoreResponse::Open { ticket, topic, recovery: store.open_now(subscriber, topic, from) }
        }
        StoreRequest::ReadLog { ticket, topic, after } => {
            let events = store.read_log_now(topic, after, usize::try_from(PAGE_EVENTS).unwrap());
            let page = events.map(|events| Arc::new(LogPage::of(topic, after, &events)));
            StoreResponse::ReadLog { ticket, topic, page }
        }
        StoreRequest::CheckAccess { ticket, topic, room } => StoreResponse::CheckAccess {
            ticket,
            topic,
            member: store.is_member_now(subscriber, room),
        },
        StoreRequest::Query { id, query } => {
            StoreResponse::Query { id, answer: store.query_now(subscriber, &query) }
        }
    }
}
