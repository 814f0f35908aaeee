//! A server in memory: requests to the store are answered at once, unless the test answers them.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::FutureExt;
use madang_hub::budgets::Budgets;
use madang_hub::budgets::resource::BudgetRates;
use madang_hub::log_cache::{LogPage, PAGE_EVENTS};
use madang_hub::nodes::NodeId;
use madang_hub::nodes::{FollowRead, POLL_WITH_BUS_MS};
use madang_hub::ports::{NewUser, Store};
use madang_hub::session::effects::StoreRequest;
use madang_hub::topic_channel::RingSize;
use madang_hub::{Effect, FrameSink, Hub, PendingHello, Session, StoreResponse};
use madang_shared::apps::Apps;
use madang_shared::chat::ChatCommand;
use madang_shared::frames::CommandFrame;
use madang_shared::workspace::Workspace;
use madang_shared::{
    ClientFrame, CloseCode, Command, CommandId, Epoch, ErrorCode, Hello, Position, RoomId,
    ServerFrame, Subscription, Timestamp, Topic, User, UserId, codec,
};
use madang_store::InlineSqlite;

pub(crate) const START: Timestamp = Timestamp(1_700_000_000_000);
pub(crate) const ROOM: RoomId = RoomId(1);

/// A hub with a store in memory, and no sockets.
pub(crate) struct TestServer {
    pub(crate) store: InlineSqlite,
    pub(crate) hub: Arc<Hub>,
}

fn open_store() -> InlineSqlite {
    InlineSqlite::open_in_memory(START, 1).unwrap()
}

/// A hub that offers every app.
fn new_hub(epoch: u64) -> Hub {
    let workspace = Workspace { apps: Apps::all(), ..Workspace::default() };
    Hub::new("test", Epoch(epoch)).with_workspace(workspace)
}

impl TestServer {
    pub(crate) fn new() -> Self {
        Self::with_ring(256)
    }

    pub(crate) fn with_ring(frames: usize) -> Self {
        Self::over(open_store(), frames)
    }

    /// A server that offers these apps only.
    pub(crate) fn with_apps(apps: Apps) -> Self {
        let workspace = Workspace { apps, ..Workspace::default() };
        Self {
            store: open_store(),
            hub: Arc::new(Hub::new("test", Epoch(1)).with_workspace(workspace)),
        }
    }

    pub(crate) fn with_budgets(rates: Box<BudgetRates>) -> Self {
        let hub = new_hub(1).with_budgets(Budgets::new(rates));
        Self { store: open_store(), hub: Arc::new(hub) }
    }

    pub(crate) fn over(store: InlineSqlite, frames: usize) -> Self {
        let hub = new_hub(1).with_rings(RingSize { frames, bytes: 1 << 20 });
        Self { store, hub: Arc::new(hub) }
    }

    /// One of several nodes over a store. It polls every 2 s of its hub's time.
    pub(crate) fn node(store: InlineSqlite, id: u64) -> Self {
        let hub = new_hub(id).with_shared_log(NodeId(id), POLL_WITH_BUS_MS);
        Self { store, hub: Arc::new(hub) }
    }

    /// One of several nodes over a store, whose log has this epoch.
    pub(crate) fn node_over_log(store: InlineSqlite, id: u64, log: Epoch) -> Self {
        let hub = new_hub(id).with_shared_log(NodeId(id), POLL_WITH_BUS_MS).with_log_epoch(log);
        Self { store, hub: Arc::new(hub) }
    }

    /// One of several nodes over a store, which no bus connects.
    pub(crate) fn node_without_bus(store: InlineSqlite, id: u64) -> Self {
        let hub = new_hub(id).with_shared_log_without_bus(NodeId(id));
        Self { store, hub: Arc::new(hub) }
    }

    /// Answers the reads by which the node follows the others, and returns their number.
    pub(crate) fn follow(&self) -> usize {
        self.follow_reads().len()
    }

    /// Answers the reads by which the node follows the others, and returns them.
    pub(crate) fn follow_reads(&self) -> Vec<FollowRead> {
        let store: Arc<dyn Store> = Arc::new(self.store.clone());
        let mut reads = Vec::new();
        while let Some(read) = self.hub.next_follow_read() {
            reads.push(read.clone());
            match read {
                FollowRead::Log { topic, after, limit } => {
                    let events = self.store.read_log_now(UserId(0), topic, after, limit);
                    self.hub.on_followed(topic, events);
                }
                FollowRead::Heads(topics) => {
                    let heads = store.heads(topics.clone()).now_or_never().unwrap();
                    self.hub.on_heads(&topics, heads);
                }
                FollowRead::Marks { room, reader } => {
                    let marks = self.store.read_marks_now(reader, room);
                    self.hub.on_marks(room, reader, marks);
                }
            }
        }
        reads
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
        self.hub.publish_and_announce(&self.store.take_events());
    }

    pub(crate) fn connect(&self, user: &User) -> TestConnection {
        self.connect_with_sink(user, None)
    }

    pub(crate) fn connect_with_sink(
        &self,
        user: &User,
        sink: Option<Arc<dyn FrameSink>>,
    ) -> TestConnection {
        let hello = ClientFrame::Hello(Hello { client: "test".into(), ..Hello::default() });
        let mut connection = self.connect_with_hello(user, sink, &codec::encode_client(&hello));
        assert!(matches!(connection.received.pop_front(), Some(ServerFrame::Welcome(_))));
        connection
    }

    /// A connection with this first frame. Its first received frame is the welcome.
    pub(crate) fn connect_with_hello(
        &self,
        user: &User,
        sink: Option<Arc<dyn FrameSink>>,
        hello: &str,
    ) -> TestConnection {
        let hello = PendingHello::new(START).receive(hello).unwrap();
        let (session, effects) = hello.welcome(self.hub.clone(), user.clone(), None, sink, START);
        let mut connection = TestConnection {
            session,
            user: user.clone(),
            now: START,
            received: VecDeque::new(),
            requests: VecDeque::new(),
            closed: None,
            commands: 0,
        };
        connection.record(effects);
        connection
    }
}

/// The server's side of one connection.
pub(crate) struct TestConnection {
    pub(crate) session: Session,
    pub(crate) user: User,
    pub(crate) now: Timestamp,
    pub(crate) received: VecDeque<ServerFrame>,
    pub(crate) requests: VecDeque<StoreRequest>,
    pub(crate) closed: Option<CloseCode>,
    commands: u128,
}

impl TestConnection {
    pub(crate) fn send(&mut self, frame: &ClientFrame) {
        self.send_text(&codec::encode_client(frame));
    }

    pub(crate) fn send_text(&mut self, text: &str) {
        let effects = self.session.on_frame(self.now, text);
        self.record(effects);
    }

    pub(crate) fn subscribe(&mut self, server: &TestServer, topic: Topic, from: Option<Position>) {
        self.send(&ClientFrame::Subscribe(Subscription { topic, from }));
        self.settle(server);
    }

    pub(crate) fn command(&mut self, command: Command) -> CommandId {
        self.commands += 1;
        let id = CommandId::new(self.now, self.commands << 60);
        self.command_as(id, command);
        id
    }

    pub(crate) fn command_as(&mut self, id: CommandId, command: Command) {
        self.send(&ClientFrame::Command(CommandFrame { id, command }));
    }

    pub(crate) fn post(&mut self, text: &str) -> CommandId {
        self.command(post(text))
    }

    pub(crate) fn respond(&mut self, response: StoreResponse) {
        let effects = self.session.on_response(self.now, response);
        self.record(effects);
    }

    /// Answers every request, and handles every wakeup, until none is left.
    pub(crate) fn settle(&mut self, server: &TestServer) {
        loop {
            while let Some(request) = self.requests.pop_front() {
                let store: Arc<dyn Store> = Arc::new(server.store.clone());
                let answered = request.execute(&server.hub, &store, self.user.id);
                let response = answered.now_or_never().unwrap();
                server.publish();
                self.respond(response);
            }
            let effects = self.session.on_wake();
            self.record(effects);
            if self.requests.is_empty() && !self.session.wakeups().has_pending() {
                return;
            }
        }
    }

    /// Lets the store commit the waiting commands. Neither the session nor the hub learns of it.
    pub(crate) fn commit_without_answer(&mut self, server: &TestServer) {
        while let Some(request) = self.requests.pop_front() {
            answer(&server.store, &self.user, request);
        }
        server.store.take_events();
    }

    pub(crate) fn tick(&mut self, now: Timestamp) {
        self.now = now;
        let effects = self.session.on_time(now);
        self.record(effects);
    }

    pub(crate) fn take(&mut self) -> Vec<ServerFrame> {
        self.received.drain(..).collect()
    }

    /// The error codes among the received frames.
    pub(crate) fn take_errors(&mut self) -> Vec<ErrorCode> {
        let codes = self.take().into_iter().filter_map(|frame| match frame {
            ServerFrame::Error { failure, .. } => Some(failure.code),
            _ => None,
        });
        codes.collect()
    }

    /// The seqs of the events among the received frames.
    pub(crate) fn take_seqs(&mut self, of: Topic) -> Vec<u64> {
        let seqs = self.take().into_iter().filter_map(|frame| match frame {
            ServerFrame::Event { topic, seq, .. } if topic == of => Some(seq.0),
            _ => None,
        });
        seqs.collect()
    }

    fn record(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(frame) => {
                    let text = std::str::from_utf8(frame.bytes()).unwrap();
                    self.received.push_back(codec::decode_server(text).unwrap());
                }
                Effect::Request(request) => self.requests.push_back(request),
                Effect::Close(code) => self.closed = Some(code),
            }
        }
    }
}

pub(crate) fn post(text: &str) -> Command {
    ChatCommand::post(ROOM, text).into()
}

/// Answers a request, as the store would.
pub(crate) fn answer(store: &InlineSqlite, user: &User, request: StoreRequest) -> StoreResponse {
    let user = user.id;
    match request {
        StoreRequest::Commit(batch) => StoreResponse::Commit(store.commit_now(batch)),
        StoreRequest::Open { ticket, topic, from, shared } => {
            let recovery = store.open_now(user, shared, from);
            StoreResponse::Open { ticket, topic, recovery }
        }
        StoreRequest::ReadLog { ticket, topic, after } => {
            let events =
                store.read_log_now(user, topic, after, usize::try_from(PAGE_EVENTS).unwrap());
            let page = events.map(|events| Arc::new(LogPage::of(topic, after, &events)));
            StoreResponse::ReadLog { ticket, topic, page }
        }
        StoreRequest::CheckAccess { ticket, topic } => StoreResponse::CheckAccess {
            ticket,
            topic,
            access: store.check_access_now(user, topic),
        },
        StoreRequest::ReadMarks { room, id } => {
            StoreResponse::ReadMarks { room, id, marks: store.read_marks_now(user, room) }
        }
        StoreRequest::Query { id, query } => {
            StoreResponse::Query { id, answer: store.query_now(user, query) }
        }
    }
}
