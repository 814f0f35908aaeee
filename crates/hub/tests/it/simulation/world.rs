//! Virtual time, and the queue of events.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use madang_client::{Action, Input, NewLazyViews};
use madang_hub::nodes::FollowRead;
use madang_hub::ports::{NewUser, Store, TopicEvent};
use madang_hub::rooms::FIRST_ROOM;
use madang_hub::session::effects::StoreRequest;
use madang_hub::{Effect, StoreResponse};
use madang_shared::presence::PRESENCE_WINDOW_MS;
use madang_shared::{Message, RoomId, Timestamp};
use madang_store::InlineSqlite;

use super::checks::{self, Tally};
use super::cluster::{Defect, FollowAnswer};
use super::network::{Direction, Network, SocketId};
use super::peer::Peer;
use super::random::Random;
use super::redactions::Redactions;
use super::server::Server;

/// The duration of the faults, in milliseconds.
const FAULTS_MS: u64 = 60_000;
/// The time for all clients to settle afterwards, in milliseconds.
const SETTLE_MS: u64 = 120_000;
const START: u64 = 1_700_000_000_000;

/// An event of the simulation. `generation` is the number of the start of a node that it belongs to.
pub(super) enum SimEvent {
    Frame(SocketId, Direction, String),
    Accept(SocketId),
    ClosedTo(usize, SocketId, u16),
    Execute { generation: u64, socket: SocketId, request: StoreRequest },
    Answer { generation: u64, socket: SocketId, response: StoreResponse },
    EventStream { generation: u64, appended: Vec<TopicEvent> },
    WakeConnection { generation: u64, socket: SocketId },
    WakePeer(usize),
    Tick,
    StartNode(usize),
    Message { generation: u64, message: Bytes },
    ExecuteFollow { generation: u64, read: FollowRead },
    FollowAnswer { generation: u64, read: FollowRead, answer: FollowAnswer },
    StoreWorks,
    LoadViews(usize),
    Act,
    Fault,
}

pub(super) struct World {
    pub(super) random: Random,
    pub(super) now: u64,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, SimEvent>,
    next: u64,
    pub(super) store: InlineSqlite,
    /// The nodes that run, by number.
    pub(super) nodes: Vec<Option<Server>>,
    pub(super) generations: u64,
    /// The percentage of messages that the bus loses.
    pub(super) lost_messages: u64,
    pub(super) defect: Option<Defect>,
    pub(super) network: Network,
    pub(super) peers: Vec<Peer>,
    /// The durable messages of each room, in order.
    pub(super) stored_messages: BTreeMap<RoomId, Vec<Message>>,
    pub(super) redactions: Redactions,
    pub(super) loses_frames: bool,
    pub(super) faults_active: bool,
    pub(super) written: u64,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let nodes = 1 + random.index(3);
        Self::with_nodes(seed, nodes, random)
    }

    /// A run with three nodes that have a defect.
    pub(super) fn with_defect(seed: u64, defect: Defect) -> Self {
        Self { defect: Some(defect), ..Self::with_nodes(seed, 3, Random::new(seed)) }
    }

    fn with_nodes(seed: u64, nodes: usize, mut random: Random) -> Self {
        let store = InlineSqlite::open_in_memory(Timestamp(START), seed).unwrap();
        let users = 2 + random.index(3);
        let mut peers = Vec::new();
        for number in 0..users {
            let name = format!("user {number}");
            let new = NewUser {
                name: name.clone(),
                name_key: name,
                token: [u8::try_from(number).unwrap(); 32],
                at: Timestamp(START),
            };
            let user = store.sign_up_now(new).unwrap();
            // Some users have two tabs.
            for _ in 0..=u64::from(random.percent(30)) {
                peers.push(Peer::new(user.clone()));
            }
        }
        store.take_events();
        let loses_frames = seed.is_multiple_of(2);
        let mut network = Network::default();
        network.lossy = if loses_frames { 1 + random.below(5) } else { 0 };
        let lost_messages = random.below(40);
        Self {
            random,
            now: START,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            next: 0,
            store,
            nodes: (0..nodes).map(|_| None).collect(),
            generations: 0,
            lost_messages,
            defect: None,
            network,
            peers,
            stored_messages: BTreeMap::new(),
            redactions: Redactions::default(),
            loses_frames,
            faults_active: true,
            written: 0,
        }
    }

    pub(super) fn run(mut self) -> Tally {
        for node in 0..self.nodes.len() {
            self.at(0, SimEvent::StartNode(node));
        }
        self.at(0, SimEvent::Tick);
        self.at(100, SimEvent::Fault);
        for peer in 0..self.peers.len() {
            self.input(peer, Input::Connect);
            self.open_pages(peer);
            self.at(10, SimEvent::Act);
        }
        self.run_until(START + FAULTS_MS);
        self.end_faults();
        self.run_until(START + FAULTS_MS + SETTLE_MS);
        checks::check_final_state(&self)
    }

    /// Ends the faults, and breaks every connection once more, so that lost frames are recovered.
    fn end_faults(&mut self) {
        self.faults_active = false;
        self.network.lossy = 0;
        self.repair_store();
        for socket in self.network.ids() {
            self.break_socket(socket, 1006);
        }
        for peer in 0..self.peers.len() {
            self.open_pages(peer);
        }
    }

    pub(super) fn open_pages(&mut self, peer: usize) {
        self.input(peer, Input::Act(Action::OpenRoom(Some(FIRST_ROOM))));
        self.input(peer, Input::Act(Action::FollowTopics(Self::PAGE)));
        let delay = self.random.below(3_000);
        self.at(delay, SimEvent::LoadViews(peer));
    }

    fn repair_store(&self) {
        self.store.set_unavailable(false);
        self.store.set_commits_fail(false);
        self.store.set_write_limit(None);
    }

    fn run_until(&mut self, end: u64) {
        while let Some(Reverse((time, id))) = self.queue.peek().copied() {
            if time > end {
                break;
            }
            self.queue.pop();
            self.now = time;
            if let Some(event) = self.events.remove(&id) {
                self.handle(event);
                self.run_nodes();
                self.schedule_wakeups();
            }
        }
        self.now = end;
    }

    pub(super) fn at(&mut self, delay: u64, event: SimEvent) {
        self.at_time(self.now + delay, event);
    }

    pub(super) fn at_time(&mut self, time: u64, event: SimEvent) {
        let id = self.next;
        self.next += 1;
        self.queue.push(Reverse((time, id)));
        self.events.insert(id, event);
    }

    fn handle(&mut self, event: SimEvent) {
        let now = Timestamp(self.now);
        match event {
            SimEvent::Frame(socket, Direction::ToServer, text) => {
                let node = self.node_of(socket);
                let effects = node.map(|node| node.on_frame(socket, now, &text));
                self.execute_effects(socket, effects.unwrap_or_default());
            }
            SimEvent::Frame(socket, Direction::ToClient, text) => {
                if let Some(peer) = self
                    .network
                    .peer(socket)
                    .filter(|peer| self.peers[*peer].socket == Some(socket))
                {
                    self.record_frame(peer, &text);
                    self.input(peer, Input::Frame(text));
                    checks::check_shown_messages(self, peer);
                }
            }
            SimEvent::Accept(socket) => self.accept(socket),
            SimEvent::LoadViews(peer) => self.input(peer, Input::LazyViews(NewLazyViews::all())),
            SimEvent::ClosedTo(peer, socket, code) => {
                if self.peers[peer].socket == Some(socket) {
                    self.peers[peer].socket = None;
                    self.input(peer, Input::SocketClosed { code });
                }
            }
            SimEvent::Execute { generation, socket, request } => {
                self.execute(generation, socket, request);
            }
            SimEvent::Answer { generation, socket, response } => {
                let node = self.node(generation);
                let effects = node.map(|node| node.on_response(socket, now, response));
                self.execute_effects(socket, effects.unwrap_or_default());
            }
            SimEvent::EventStream { generation, appended } => {
                if let Some(node) = self.node(generation) {
                    node.hub.publish_and_announce(&appended);
                }
            }
            SimEvent::WakeConnection { generation, socket } => {
                let effects = self.node(generation).map(|node| node.on_wake(socket));
                self.execute_effects(socket, effects.unwrap_or_default());
            }
            SimEvent::Message { generation, message } => self.on_message(generation, &message),
            SimEvent::ExecuteFollow { generation, read } => self.execute_follow(generation, read),
            SimEvent::FollowAnswer { generation, read, answer } => {
                self.on_follow_answer(generation, read, answer);
            }
            SimEvent::WakePeer(peer) => {
                if self.peers[peer].wake_at.is_some_and(|at| at <= self.now) {
                    self.peers[peer].wake_at = None;
                    self.input(peer, Input::Wake);
                }
            }
            SimEvent::Tick => self.tick(),
            SimEvent::StartNode(number) => self.start_node(number),
            SimEvent::StoreWorks => self.repair_store(),
            SimEvent::Act => self.act(),
            SimEvent::Fault => self.inject_fault(),
        }
    }

    fn accept(&mut self, socket: SocketId) {
        let now = Timestamp(self.now);
        let Some(peer) = self.network.peer(socket) else { return };
        let user = self.peers[peer].user.clone();
        let started: Vec<usize> =
            (0..self.nodes.len()).filter(|number| self.nodes[*number].is_some()).collect();
        let number = started.get(self.random.index(started.len().max(1)));
        match number.and_then(|number| self.nodes[*number].as_mut()) {
            Some(node) => {
                node.accept(socket, user, now);
                self.peers[peer].redacted_up_to.clear();
                self.input(peer, Input::SocketOpened);
            }
            None => self.break_socket(socket, 1006),
        }
    }

    fn tick(&mut self) {
        let now = Timestamp(self.now);
        let mut timed = Vec::new();
        for node in self.nodes.iter_mut().flatten() {
            node.hub.tick(now);
            timed.extend(node.on_time(now));
        }
        for (socket, effects) in timed {
            self.execute_effects(socket, effects);
        }
        self.at(PRESENCE_WINDOW_MS, SimEvent::Tick);
    }

    /// The store executes a request, unless the node was killed before. Its events go to this node alone.
    fn execute(&mut self, generation: u64, socket: SocketId, request: StoreRequest) {
        let Some(node) = self.node(generation) else { return };
        // The requests of a lost connection are dropped, except its commits.
        let user = match (node.user_of(socket), &request) {
            (Some(user), _) => user,
            (None, StoreRequest::Commit(batch)) => batch[0].author.clone(),
            (None, _) => return,
        };
        let hub = node.hub.clone();
        self.store.set_time(Timestamp(self.now));
        let store: Arc<dyn Store> = Arc::new(self.store.clone());
        let response = request.execute(&hub, &store, user.id).now_or_never().expect("answered");
        checks::check_opened_state(&self.store, &user, &response);
        let appended = self.store.take_events();
        checks::record_stored(&mut self.stored_messages, &appended);
        self.redactions.record(&appended);
        if !appended.is_empty() {
            let (now, delay) = (self.now, self.random.below(30));
            let Some(node) = self.node(generation) else { return };
            let at = (now + delay).max(node.last_stream_event + 1);
            node.last_stream_event = at;
            self.at_time(at, SimEvent::EventStream { generation, appended });
        }
        let delay = self.random.below(30);
        self.at(delay, SimEvent::Answer { generation, socket, response });
    }

    fn execute_effects(&mut self, socket: SocketId, effects: Vec<Effect>) {
        let Some(generation) = self.node_of(socket).map(|node| node.generation) else { return };
        for effect in effects {
            match effect {
                Effect::Send(frame) => {
                    let text = String::from_utf8(frame.bytes().to_vec()).unwrap();
                    self.transmit(socket, Direction::ToClient, &text);
                }
                Effect::Request(request) => {
                    let delay = self.random.below(20);
                    self.at(delay, SimEvent::Execute { generation, socket, request });
                }
                Effect::Close(code) => {
                    assert!(
                        self.loses_frames || code.number() < 4500,
                        "closed with {code:?}, although no frame was lost"
                    );
                    self.break_socket(socket, code.number());
                }
            }
        }
    }

    pub(super) fn transmit(&mut self, socket: SocketId, direction: Direction, text: &str) {
        for arrival in self.network.arrivals(socket, direction, self.now, &mut self.random) {
            self.at_time(arrival, SimEvent::Frame(socket, direction, text.to_owned()));
        }
    }

    /// Wakes connections with pending topics, mostly soon, sometimes late, so that they fall behind.
    fn schedule_wakeups(&mut self) {
        let nodes = self.nodes.iter_mut().flatten();
        let pending: Vec<(u64, Vec<SocketId>)> =
            nodes.map(|node| (node.generation, node.take_pending_wakeups())).collect();
        for (generation, sockets) in pending {
            for socket in sockets {
                let slow = if self.random.percent(3) { 3_000 } else { 10 };
                let delay = self.random.below(slow);
                self.at(delay, SimEvent::WakeConnection { generation, socket });
            }
        }
    }

    /// The server notices at once, the client within half a second, or not at all.
    pub(super) fn break_socket(&mut self, socket: SocketId, code: u16) {
        if let Some(node) = self.node_of(socket) {
            node.drop_connection(socket);
        }
        if let Some(broken) = self.network.close(socket) {
            let silent = code == 1006 && self.faults_active && self.random.percent(20);
            if !silent {
                let delay = self.random.below(500);
                self.at(delay, SimEvent::ClosedTo(broken.peer, socket, code));
            }
        }
    }
}
