//! The machine: inputs in, outputs out.

mod incoming;
mod offline_cache;

use madang_shared::codec;
use madang_shared::frames::CommandFrame;
use madang_shared::{
    ClientFrame, Command, CommandId, Hello, Query, QueryFrame, QueryId, Timestamp, Topic, User,
    Welcome,
};

use crate::action::{Action, Slice};
use crate::connection::{ConnectionMachine, ConnectionState, DisconnectReason, SocketAction};
use crate::features::{self, Features, Request};
use crate::outbox::{Outbox, Pending};
use crate::streams::Streams;
use crate::vec_map::VecMap;

pub use offline_cache::CachedState;

/// When an input arrived, and 128 random bits for whatever it leads to. Fresh for every input.
#[derive(Clone, Copy, Debug)]
pub struct InputContext {
    /// Now; never earlier than before.
    pub now: Timestamp,
    /// From the system's source of randomness, or from a simulation's seed.
    pub random: u128,
}

impl InputContext {
    fn jitter(self) -> u64 {
        let [_, _, _, _, _, _, _, _, low @ ..] = self.random.to_be_bytes();
        u64::from_be_bytes(low)
    }
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// Connect now: at the start; when the tab becomes visible; when the device says that it is
    /// online again; when the user does not want to wait. Does nothing while there is a connection.
    Connect,
    /// The device says that it has no network.
    Offline,
    /// The socket that [`Output::OpenSocket`] asked for is open.
    SocketOpened,
    /// A text frame arrived on it.
    Frame(String),
    /// It was closed, or could not be opened (code 1006).
    SocketClosed {
        /// See [`madang_shared::close`].
        code: u16,
    },
    /// [`Client::deadline`] has passed. Coming early or twice does no harm.
    Wake,
    /// The user asks for a change.
    Command(Command),
    /// The user does something else.
    Act(Action),
    /// Another client of this user has left these unsent, for good.
    Adopt(Vec<Pending>),
    /// The user tries a failed command again.
    Retry(CommandId),
    /// The user lets a failed command go.
    Discard(CommandId),
    /// The user ends the session: nothing more is sent, and no connection is made.
    SignOut,
}

/// What to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a socket, and report [`Input::SocketOpened`] or [`Input::SocketClosed`].
    OpenSocket,
    /// Send this text on the socket.
    Send(String),
    /// Close the socket; report nothing of it any more.
    CloseSocket,
    /// Something changed that may be on the screen.
    Changed(Slice),
    /// Keep [`Client::outbox_to_persist`] where a reload finds it.
    PersistOutbox,
}

/// One user's client.
#[derive(Debug)]
pub struct Client {
    program: String,
    connection: ConnectionMachine,
    outbox: Outbox,
    streams: Streams,
    queries: VecMap<QueryId, Query>,
    next_query: u32,
    /// When to ask again what the server could not answer just now.
    queries_again: Option<Timestamp>,
    features: Features,
    welcome: Option<Welcome>,
    caught_up: CaughtUp,
    undecodable_frames: u64,
}

/// What was missed while the connection was away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Messages that arrived late, since the last reconnect.
    pub messages: u64,
    /// Whether that is all of them.
    pub complete: bool,
}

impl Client {
    /// A client for `me`, not connected yet. `program` names it in the server's log; `outbox` is what
    /// an earlier life left unsent.
    pub fn new(me: User, program: impl Into<String>, outbox: Vec<Pending>) -> Self {
        let mut client = Self {
            program: program.into(),
            connection: ConnectionMachine::new(),
            outbox: Outbox::restore(outbox),
            streams: Streams::default(),
            queries: VecMap::default(),
            next_query: 0,
            queries_again: None,
            features: Features::new(me),
            welcome: None,
            caught_up: CaughtUp::default(),
            undecodable_frames: 0,
        };
        client.follow(&mut Vec::new());
        client
    }

    /// How the connection stands.
    pub fn connection(&self) -> &ConnectionState {
        self.connection.state()
    }

    /// What the server said of itself at the last hello.
    pub fn welcome(&self) -> Option<&Welcome> {
        self.welcome.as_ref()
    }

    /// What was missed at the last reconnect.
    pub fn caught_up(&self) -> CaughtUp {
        self.caught_up
    }

    /// Frames that this version did not understand: a newer server is there.
    pub fn undecodable_frames(&self) -> u64 {
        self.undecodable_frames
    }

    /// What the features know.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Commands that have not run their course.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// What a reload must not lose.
    pub fn outbox_to_persist(&self) -> &[Pending] {
        self.outbox.items()
    }

    /// How far a topic is known; none if it is not followed.
    pub fn known(&self, topic: Topic) -> Option<madang_shared::Seq> {
        self.streams.known(topic)
    }

    /// When to hand in [`Input::Wake`]; look again after every input.
    pub fn deadline(&self) -> Option<Timestamp> {
        let live = [self.outbox.deadline(), self.streams.deadline(), self.queries_again];
        let live = live.into_iter().flatten().filter(|_| self.connection.is_live());
        live.chain(self.connection.deadline()).chain(self.features.deadline()).min()
    }

    /// Takes one input; answers what to do.
    pub fn handle(&mut self, context: InputContext, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        let now = context.now;
        match input {
            Input::Connect => {
                let duty = self.connection.connect(now);
                self.on_duty(duty, &mut out);
            }
            Input::Offline => {
                self.connection.offline();
                out.push(Output::Changed(Slice::Connection));
            }
            Input::SocketOpened => self.on_opened(now, &mut out),
            Input::Frame(text) => self.on_frame(context, &text, &mut out),
            Input::SocketClosed { code } => {
                self.connection.closed(now, context.jitter(), code);
                self.on_disconnected(&mut out);
            }
            Input::Wake => self.on_wake(context, &mut out),
            Input::Command(command) => self.command(context, command, &mut out),
            Input::Act(action) => {
                let (requests, parts) = self.features.act(action, now);
                self.follow(&mut out);
                self.carry_out(context, requests, parts, &mut out);
            }
            Input::Adopt(items) => {
                self.outbox.adopt(items);
                outbox_changed(&mut out);
            }
            Input::Retry(id) => {
                self.outbox.retry(id);
                outbox_changed(&mut out);
            }
            Input::Discard(id) => {
                self.outbox.discard(id);
                outbox_changed(&mut out);
            }
            Input::SignOut => {
                let duty = self.connection.end(DisconnectReason::SignedOut);
                self.on_duty(duty, &mut out);
            }
        }
        self.send_due(now, &mut out);
        out
    }

    fn on_duty(&mut self, duty: SocketAction, out: &mut Vec<Output>) {
        match duty {
            SocketAction::Nothing => return,
            SocketAction::Open => out.push(Output::OpenSocket),
            SocketAction::Close => {
                out.push(Output::CloseSocket);
                self.on_disconnected(out);
            }
        }
        out.push(Output::Changed(Slice::Connection));
    }

    fn on_opened(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        self.connection.opened(now);
        let topics = self.streams.take_due(now);
        let hello = Hello { token: None, client: self.program.clone(), topics };
        out.push(send(&ClientFrame::Hello(hello)));
        out.push(Output::Changed(Slice::Connection));
    }

    fn on_disconnected(&mut self, out: &mut Vec<Output>) {
        self.outbox.disconnected();
        self.streams.disconnected();
        self.caught_up = CaughtUp::default();
        out.push(Output::Changed(Slice::Connection));
        out.push(Output::Changed(Slice::Outbox));
    }

    fn on_wake(&mut self, context: InputContext, out: &mut Vec<Output>) {
        let duty = self.connection.wake(context.now, context.jitter());
        self.on_duty(duty, out);
        let (requests, parts) = self.features.wake(context.now);
        self.carry_out(context, requests, parts, out);
    }

    fn command(&mut self, context: InputContext, command: Command, out: &mut Vec<Output>) {
        self.outbox.drop_waiting(|older| features::supersedes(&command, older));
        let (requests, parts) = self.features.commanded(&command);
        self.outbox.push(CommandId::new(context.now, context.random), command, context.now);
        outbox_changed(out);
        self.carry_out(context, requests, parts, out);
    }

    fn carry_out(
        &mut self,
        context: InputContext,
        requests: Vec<Request>,
        parts: Vec<Slice>,
        out: &mut Vec<Output>,
    ) {
        for (index, request) in (1..).zip(requests) {
            match request {
                // Several commands from one moment still need ids of their own.
                Request::Command(command) => {
                    let random = context.random.rotate_left(index).wrapping_add(u128::from(index));
                    self.command(InputContext { now: context.now, random }, command, out);
                }
                Request::Query(query) => {
                    let id = QueryId(self.next_query);
                    self.next_query = self.next_query.wrapping_add(1);
                    self.queries.insert(id, query.clone());
                    if self.connection.is_live() {
                        out.push(send(&ClientFrame::Query(QueryFrame { id, query })));
                    }
                }
                Request::Signal(signal) if self.connection.is_live() => {
                    out.push(send(&ClientFrame::Signal(signal)));
                }
                Request::Signal(_) => {}
            }
        }
        out.extend(parts.into_iter().map(Output::Changed));
    }

    /// Follows what the features want by now.
    fn follow(&mut self, out: &mut Vec<Output>) {
        let (_, gone) = self.streams.follow(&self.features.wanted());
        for topic in gone {
            self.features.unfollowed(topic);
            self.outbox.unfollowed(topic);
            if self.connection.is_live() {
                out.push(send(&ClientFrame::Unsubscribe { topic }));
            }
        }
    }

    /// Sends whatever is due, now that the input has had its effect.
    fn send_due(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        if !self.connection.is_live() {
            return;
        }
        for subscription in self.streams.take_due(now) {
            out.push(send(&ClientFrame::Subscribe(subscription)));
        }
        if self.queries_again.is_some_and(|at| at <= now) {
            self.ask_again(out);
        }
        for CommandFrame { id, command } in self.outbox.take_due(now) {
            out.push(send(&ClientFrame::Command(CommandFrame { id, command })));
            out.push(Output::Changed(Slice::Outbox));
        }
    }
}

fn outbox_changed(out: &mut Vec<Output>) {
    out.push(Output::Changed(Slice::Outbox));
    out.push(Output::PersistOutbox);
}

fn send(frame: &ClientFrame) -> Output {
    Output::Send(codec::encode_client(frame))
}
