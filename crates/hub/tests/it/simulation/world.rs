//! Time, people, and trouble.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use madang_client::{Action, Input, InputContext, Output};
use madang_hub::ports::{NewUser, TopicEvent};
use madang_hub::rooms::FIRST_ROOM;
use madang_hub::session::effects::StoreRequest;
use madang_hub::{Effect, StoreResponse};
use madang_shared::presence::PRESENCE_WINDOW_MS;
use madang_shared::{Message, RoomId, ServerFrame, Timestamp, codec};
use madang_store::Memory;

use super::checks::{self, Tally};
use super::network::{Direction, Network, SocketId};
use super::peer::Peer;
use super::random::Random;
use super::server::Server;

/// How long the trouble lasts, in milliseconds.
const TROUBLE_MS: u64 = 60_000;
/// How long everything may take to settle after it.
const SETTLE_MS: u64 = 120_000;
const START: u64 = 1_700_000_000_000;

/// Something that happens at a time. `life` names the server's life that it belongs to.
pub(super) enum Happening {
    Frame(SocketId, Direction, String),
    Accept(SocketId),
    ClosedTo(usize, SocketId, u16),
    Put { life: u64, socket: SocketId, ask: StoreRequest },
    Answer { life: u64, socket: SocketId, done: StoreResponse },
    EventStream { life: u64, appended: Vec<TopicEvent> },
    WakeConnection { life: u64, socket: SocketId },
    WakePeer(usize),
    Tick,
    StartServer,
    StoreWorks,
    Act,
    Trouble,
}

pub(super) struct World {
    pub(super) random: Random,
    now: u64,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    happenings: BTreeMap<u64, Happening>,
    next: u64,
    pub(super) store: Memory,
    pub(super) server: Option<Server>,
    lives: u64,
    pub(super) network: Network,
    pub(super) peers: Vec<Peer>,
    /// What the store made durable, by room, in order.
    pub(super) truth: BTreeMap<RoomId, Vec<Message>>,
    /// The tail of one life keeps its order.
    last_tail: u64,
    pub(super) loses_frames: bool,
    pub(super) trouble: bool,
    pub(super) written: u64,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let store = Memory::new(Timestamp(START), seed);
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
            // Some have two tabs.
            for _ in 0..=u64::from(random.percent(30)) {
                peers.push(Peer::new(user.clone()));
            }
        }
        store.take_events();
        let loses_frames = seed.is_multiple_of(2);
        let mut network = Network::default();
        network.lossy = if loses_frames { 1 + random.below(5) } else { 0 };
        Self {
            random,
            now: START,
            queue: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            next: 0,
            store,
            server: None,
            lives: 0,
            network,
            peers,
            truth: BTreeMap::new(),
            last_tail: 0,
            loses_frames,
            trouble: true,
            written: 0,
        }
    }

    pub(super) fn run(mut self) -> Tally {
        self.at(0, Happening::StartServer);
        self.at(0, Happening::Tick);
        self.at(100, Happening::Trouble);
        for peer in 0..self.peers.len() {
            self.input(peer, Input::Connect);
            self.input(peer, Input::Act(Action::OpenRoom(Some(FIRST_ROOM))));
            self.at(10, Happening::Act);
        }
        self.run_until(START + TROUBLE_MS);
        self.end_trouble();
        self.run_until(START + TROUBLE_MS + SETTLE_MS);
        checks::everything(&self)
    }

    /// The faults end, and every connection is made anew: what was lost on the way comes back.
    fn end_trouble(&mut self) {
        self.trouble = false;
        self.network.lossy = 0;
        self.store.set_unavailable(false);
        for socket in self.network.ids() {
            self.break_socket(socket, 1006);
        }
        for peer in 0..self.peers.len() {
            self.input(peer, Input::Act(Action::OpenRoom(Some(FIRST_ROOM))));
        }
    }

    fn run_until(&mut self, end: u64) {
        while let Some(Reverse((time, id))) = self.queue.peek().copied() {
            if time > end {
                break;
            }
            self.queue.pop();
            self.now = time;
            if let Some(happening) = self.happenings.remove(&id) {
                self.happen(happening);
                self.wake_noted();
            }
        }
        self.now = end;
    }

    pub(super) fn at(&mut self, delay: u64, happening: Happening) {
        self.at_time(self.now + delay, happening);
    }

    fn at_time(&mut self, time: u64, happening: Happening) {
        let id = self.next;
        self.next += 1;
        self.queue.push(Reverse((time, id)));
        self.happenings.insert(id, happening);
    }

    fn happen(&mut self, happening: Happening) {
        let now = Timestamp(self.now);
        match happening {
            Happening::Frame(socket, Direction::ToServer, text) => {
                let effects =
                    self.server.as_mut().map(|server| server.on_frame(socket, now, &text));
                self.carry_out(socket, effects.unwrap_or_default());
            }
            Happening::Frame(socket, Direction::ToClient, text) => {
                if let Some(peer) = self
                    .network
                    .peer(socket)
                    .filter(|peer| self.peers[*peer].socket == Some(socket))
                {
                    self.note_acknowledgement(peer, &text);
                    self.input(peer, Input::Frame(text));
                    checks::nothing_is_shown_as_stored_that_is_not(self, peer);
                }
            }
            Happening::Accept(socket) => self.accept(socket),
            Happening::ClosedTo(peer, socket, code) => {
                if self.peers[peer].socket == Some(socket) {
                    self.peers[peer].socket = None;
                    self.input(peer, Input::SocketClosed { code });
                }
            }
            Happening::Put { life, socket, ask } => self.put(life, socket, ask),
            Happening::Answer { life, socket, done } => {
                let server = self.server.as_mut().filter(|server| server.life == life);
                let effects = server.map(|server| server.on_done(socket, now, done));
                self.carry_out(socket, effects.unwrap_or_default());
            }
            Happening::EventStream { life, appended } => {
                if let Some(server) = self.server.as_ref().filter(|server| server.life == life) {
                    server.hub.publish(&appended);
                }
            }
            Happening::WakeConnection { life, socket } => {
                let server = self.server.as_mut().filter(|server| server.life == life);
                let effects = server.map(|server| server.on_wake(socket));
                self.carry_out(socket, effects.unwrap_or_default());
            }
            Happening::WakePeer(peer) => {
                if self.peers[peer].wake_at.is_some_and(|at| at <= self.now) {
                    self.peers[peer].wake_at = None;
                    self.input(peer, Input::Wake);
                }
            }
            Happening::Tick => self.tick(),
            Happening::StartServer => {
                if self.server.is_none() {
                    self.lives += 1;
                    let ring = 1 + self.random.index(64);
                    self.server = Some(Server::start(self.lives, ring));
                }
            }
            Happening::StoreWorks => self.store.set_unavailable(false),
            Happening::Act => self.act(),
            Happening::Trouble => self.make_trouble(),
        }
    }

    fn accept(&mut self, socket: SocketId) {
        let now = Timestamp(self.now);
        let Some(peer) = self.network.peer(socket) else { return };
        let user = self.peers[peer].user.clone();
        match self.server.as_mut() {
            Some(server) => {
                server.accept(socket, user, now);
                self.input(peer, Input::SocketOpened);
            }
            None => self.break_socket(socket, 1006),
        }
    }

    fn tick(&mut self) {
        let now = Timestamp(self.now);
        if let Some(server) = self.server.as_mut() {
            server.hub.tick(now);
            for (socket, effects) in server.on_time(now) {
                self.carry_out(socket, effects);
            }
        }
        self.at(PRESENCE_WINDOW_MS, Happening::Tick);
    }

    /// The store does what it was asked, unless the server that asked was killed before it could.
    fn put(&mut self, life: u64, socket: SocketId, ask: StoreRequest) {
        let Some(server) = self.server.as_ref().filter(|server| server.life == life) else {
            return;
        };
        // A connection that went away takes its questions along, but not its commits.
        let subscriber = match (server.subscriber(socket), &ask) {
            (Some(subscriber), _) => subscriber,
            (None, StoreRequest::Commit(batch)) => batch[0].author.clone(),
            (None, _) => return,
        };
        let done = crate::test_client::answer(&self.store, &subscriber, ask);
        let appended = self.store.take_events();
        checks::note_truth(&mut self.truth, &appended);
        if !appended.is_empty() {
            self.last_tail = (self.now + self.random.below(30)).max(self.last_tail + 1);
            self.at_time(self.last_tail, Happening::EventStream { life, appended });
        }
        let delay = self.random.below(30);
        self.at(delay, Happening::Answer { life, socket, done });
    }

    fn carry_out(&mut self, socket: SocketId, effects: Vec<Effect>) {
        let Some(life) = self.server.as_ref().map(|server| server.life) else { return };
        for effect in effects {
            match effect {
                Effect::Send(frame) => {
                    let text = String::from_utf8(frame.bytes().to_vec()).unwrap();
                    self.transmit(socket, Direction::ToClient, &text);
                }
                Effect::Request(ask) => {
                    let delay = self.random.below(20);
                    self.at(delay, Happening::Put { life, socket, ask });
                }
                Effect::Close(code) => {
                    assert!(
                        self.loses_frames || code.number() < 4500,
                        "closed with {code:?} without a reason"
                    );
                    self.break_socket(socket, code.number());
                }
            }
        }
    }

    fn transmit(&mut self, socket: SocketId, direction: Direction, text: &str) {
        for arrival in self.network.arrivals(socket, direction, self.now, &mut self.random) {
            self.at_time(arrival, Happening::Frame(socket, direction, text.to_owned()));
        }
    }

    /// Connections that have notes are woken, mostly soon, sometimes late: those fall behind.
    fn wake_noted(&mut self) {
        let Some(server) = self.server.as_mut() else { return };
        let life = server.life;
        for socket in server.take_noted() {
            let slow = if self.random.percent(3) { 3_000 } else { 10 };
            let delay = self.random.below(slow);
            self.at(delay, Happening::WakeConnection { life, socket });
        }
    }

    /// Both ends learn of it at their own time; the client after at most some seconds, if at all.
    pub(super) fn break_socket(&mut self, socket: SocketId, code: u16) {
        if let Some(server) = self.server.as_mut() {
            server.drop_connection(socket);
        }
        if let Some(broken) = self.network.close(socket) {
            let silent = code == 1006 && self.trouble && self.random.percent(20);
            if !silent {
                let delay = self.random.below(500);
                self.at(delay, Happening::ClosedTo(broken.peer, socket, code));
            }
        }
    }

    pub(super) fn input(&mut self, peer: usize, input: Input) {
        let moment = InputContext { now: Timestamp(self.now), random: self.random.wide() };
        let outputs = self.peers[peer].client.handle(moment, input);
        for output in outputs {
            match output {
                Output::OpenSocket => {
                    let socket = self.network.open(peer, self.now);
                    self.peers[peer].socket = Some(socket);
                    let delay = self.random.below(100);
                    self.at(delay, Happening::Accept(socket));
                }
                Output::CloseSocket => {
                    if let Some(socket) = self.peers[peer].socket.take() {
                        self.break_socket(socket, 1000);
                    }
                }
                Output::Send(text) => {
                    if let Some(socket) = self.peers[peer].socket {
                        self.transmit(socket, Direction::ToServer, &text);
                    }
                }
                Output::PersistOutbox => {
                    self.peers[peer].kept = self.peers[peer].client.outbox_to_persist().to_vec();
                }
                Output::Changed(_) => {}
            }
        }
        self.schedule_wake(peer);
    }

    fn schedule_wake(&mut self, peer: usize) {
        let Some(deadline) = self.peers[peer].client.deadline() else { return };
        let at = deadline.0.max(self.now + 1);
        if self.peers[peer].wake_at.is_none_or(|scheduled| at < scheduled) {
            self.peers[peer].wake_at = Some(at);
            self.at_time(at, Happening::WakePeer(peer));
        }
    }

    fn note_acknowledgement(&mut self, peer: usize, text: &str) {
        if let Ok(ServerFrame::Ack { id, .. }) = codec::decode_server(text)
            && self.peers[peer].wrote.contains(&id)
        {
            self.peers[peer].acknowledged.push(id);
        }
    }
}
