//! The state machine: inputs in, outputs out.

use madang_shared::codec;
use madang_shared::frames::CommandFrame;
use madang_shared::{
    ClientFrame, Command, CommandId, Hello, Query, QueryFrame, QueryId, Timestamp, Topic, User,
    Welcome,
};

use super::input::{Input, InputContext, Output};
use crate::connection::{ConnectionMachine, ConnectionState, DisconnectReason, SocketAction};
use crate::features::{self, Features};
use crate::outbox::{Outbox, Pending};
use crate::slice::Slice;
use crate::streams::Streams;
use crate::vec_map::VecMap;
use crate::view::{Effects, Request};

/// One user's client.
#[derive(Debug)]
pub struct Client {
    pub(super) program: String,
    pub(super) connection: ConnectionMachine,
    pub(super) outbox: Outbox,
    pub(super) streams: Streams,
    pub(super) queries: VecMap<QueryId, Query>,
    pub(super) next_query: u32,
    /// When to ask again what the server could not answer just now.
    pub(super) queries_again: Option<Timestamp>,
    pub(super) features: Features,
    pub(super) welcome: Option<Welcome>,
    pub(super) caught_up: CaughtUp,
    pub(super) undecodable_frames: u64,
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
                let effects = self.features.act(action, now);
                self.follow(&mut out);
                self.carry_out(context, effects, &mut out);
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

    pub(super) fn on_duty(&mut self, duty: SocketAction, out: &mut Vec<Output>) {
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

    pub(super) fn on_disconnected(&mut self, out: &mut Vec<Output>) {
        self.outbox.disconnected();
        self.streams.disconnected();
        self.caught_up = CaughtUp::default();
        out.push(Output::Changed(Slice::Connection));
        out.push(Output::Changed(Slice::Outbox));
    }

    fn on_wake(&mut self, context: InputContext, out: &mut Vec<Output>) {
        let duty = self.connection.wake(context.now, context.jitter());
        self.on_duty(duty, out);
        let effects = self.features.wake(context.now);
        self.carry_out(context, effects, out);
    }

    fn command(&mut self, context: InputContext, command: Command, out: &mut Vec<Output>) {
        self.outbox.drop_waiting(|older| features::supersedes(&command, older));
        let effects = self.features.command_given(&command);
        self.outbox.push(CommandId::new(context.now, context.random), command, context.now);
        outbox_changed(out);
        self.carry_out(context, effects, out);
    }

    fn carry_out(&mut self, context: InputContext, effects: Effects, out: &mut Vec<Output>) {
        for (index, request) in (1..).zip(effects.requests) {
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
        out.extend(effects.changed.into_iter().map(Output::Changed));
    }

    /// Follows what the features want by now.
    pub(super) fn follow(&mut self, out: &mut Vec<Output>) {
        let (_, gone) = self.streams.follow(&self.features.wanted_topics());
        for topic in gone {
            self.features.unsubscribed(topic);
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

pub(super) fn outbox_changed(out: &mut Vec<Output>) {
    out.push(Output::Changed(Slice::Outbox));
    out.push(Output::PersistOutbox);
}

pub(super) fn send(frame: &ClientFrame) -> Output {
    Output::Send(codec::encode_client(frame))
}
