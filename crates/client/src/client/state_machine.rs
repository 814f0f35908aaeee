//! The state machine of the client: [`Client::handle`] takes inputs and returns outputs.

use madang_shared::codec;
use madang_shared::frames::CommandFrame;
use madang_shared::workspace::Workspace;
use madang_shared::{
    ClientFrame, Command, CommandId, Hello, Query, QueryFrame, QueryId, Timestamp, Topic, User,
    Welcome,
};

use super::input::{Input, InputContext, Output};
use crate::connection::{ConnectionMachine, ConnectionState, DisconnectReason, SocketAction};
use crate::features::{Features, NewLazyViews};
use crate::outbox::{Outbox, PendingCommand, QueuedCommand};
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
    /// When to send the unanswered queries again, after a retryable refusal.
    pub(super) resend_queries_at: Option<Timestamp>,
    pub(super) features: Features,
    pub(super) welcome: Option<Welcome>,
    /// The facts about the server, if they have changed since the welcome.
    pub(super) workspace: Option<Workspace>,
    /// How often the rights of the user may have changed.
    pub(super) rights_checks: u32,
    pub(super) caught_up: CaughtUp,
    pub(super) undecodable_frames: u64,
}

/// The messages that were missed during the last disconnect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Missed messages that have arrived since the reconnect.
    pub messages: u64,
    /// Whether all of them have arrived.
    pub complete: bool,
}

impl Client {
    /// A client for `me`, not connected yet. `program` names it in the server's log; `outbox` holds
    /// the unsent commands of an earlier client.
    pub fn new(me: User, program: impl Into<String>, outbox: Vec<PendingCommand>) -> Self {
        let mut client = Self {
            program: program.into(),
            connection: ConnectionMachine::new(),
            outbox: Outbox::restore(outbox),
            streams: Streams::default(),
            queries: VecMap::default(),
            next_query: 0,
            resend_queries_at: None,
            features: Features::new(me),
            welcome: None,
            workspace: None,
            rights_checks: 0,
            caught_up: CaughtUp::default(),
            undecodable_frames: 0,
        };
        for command in client.outbox.items().iter().filter_map(PendingCommand::command) {
            client.features.restore(command);
        }
        client.update_subscriptions(&mut Vec::new());
        client
    }

    /// A client with all views at once, in a program that does not load its code in parts.
    #[must_use]
    pub fn with_all_views(mut self) -> Self {
        self.load(NewLazyViews::all(), &mut Vec::new());
        self
    }

    /// The state of the connection.
    pub fn connection(&self) -> &ConnectionState {
        self.connection.state()
    }

    /// The server's answer to the last hello.
    pub fn welcome(&self) -> Option<&Welcome> {
        self.welcome.as_ref()
    }

    /// The facts about the server, if they have changed since the welcome.
    pub fn workspace(&self) -> Option<&Workspace> {
        self.workspace.as_ref()
    }

    /// A number that changes when the rights of the user may have changed.
    pub fn rights_checks(&self) -> u32 {
        self.rights_checks
    }

    /// The messages that were missed before the last reconnect.
    pub fn caught_up(&self) -> CaughtUp {
        self.caught_up
    }

    /// The number of frames that this version could not decode: a sign of a newer server.
    pub fn undecodable_frames(&self) -> u64 {
        self.undecodable_frames
    }

    /// The views of all features.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The commands that have not completed.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The commands to persist, so that a reload does not lose them.
    pub fn outbox_to_persist(&self) -> &[PendingCommand] {
        self.outbox.items()
    }

    /// The seq up to which a topic is known; `None` if it is not subscribed.
    pub fn known_seq(&self, topic: Topic) -> Option<madang_shared::Seq> {
        self.streams.known_seq(topic)
    }

    /// When to pass in [`Input::Wake`]. Every input can change it.
    pub fn deadline(&self) -> Option<Timestamp> {
        let live = [self.outbox.deadline(), self.streams.deadline(), self.resend_queries_at];
        let live = live.into_iter().flatten().filter(|_| self.connection.is_live());
        live.chain(self.connection.deadline()).chain(self.features.deadline()).min()
    }

    /// Processes one input. Returns the outputs to execute, in order.
    pub fn handle(&mut self, context: InputContext, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        let now = context.now;
        match input {
            Input::Connect => {
                let action = self.connection.connect(now);
                self.on_socket_action(action, &mut out);
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
                self.update_subscriptions(&mut out);
                self.apply_effects(context, effects, &mut out);
            }
            Input::Adopt(items) => {
                self.outbox.adopt(items);
                self.read_commands();
                outbox_changed(&mut out);
            }
            Input::LazyViews(new) => self.load(new, &mut out),
            Input::Retry(id) => {
                self.outbox.retry(id);
                outbox_changed(&mut out);
            }
            Input::Discard(id) => {
                self.outbox.discard(id);
                outbox_changed(&mut out);
            }
            Input::SignOut => {
                let action = self.connection.end(DisconnectReason::SignedOut);
                self.on_socket_action(action, &mut out);
            }
        }
        self.watch_own_message(context, &mut out);
        self.features.keep_unread_marks(self.outbox.items());
        self.send_due(now, &mut out);
        out
    }

    fn load(&mut self, new: NewLazyViews, out: &mut Vec<Output>) {
        self.features.load(new);
        self.read_commands();
        self.update_subscriptions(out);
        // Screens of lazy views show the commands in the outbox, and the count of readers.
        out.push(Output::Changed(Slice::Outbox));
        out.push(Output::Changed(Slice::ReadCount));
    }

    /// Reads the commands of an earlier page that are text, as far as their views are loaded.
    fn read_commands(&mut self) {
        let features = &self.features;
        let is_dropped = |command: &Command| features.is_dropped_when_refused(command);
        self.outbox.read_encoded(|command| features.read_command(command), is_dropped);
    }

    /// Keeps the watch of the read count at the user's own newest message.
    fn watch_own_message(&mut self, context: InputContext, out: &mut Vec<Output>) {
        if !out
            .iter()
            .any(|output| matches!(output, Output::Changed(Slice::Timeline | Slice::ReadCount)))
        {
            return;
        }
        let (is_other, query) = self.features.watch_own_message();
        if is_other {
            // The server forgets the earlier watch as well.
            self.queries.retain(|_, query| !matches!(query, Query::ReadCount(_)));
            out.push(Output::Changed(Slice::ReadCount));
        }
        let requests = query.map(Request::Query).into_iter().collect();
        self.apply_effects(context, Effects { requests, changed: Vec::new() }, out);
    }

    pub(super) fn on_socket_action(&mut self, action: SocketAction, out: &mut Vec<Output>) {
        match action {
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
        let action = self.connection.wake(context.now, context.jitter());
        self.on_socket_action(action, out);
        let effects = self.features.wake(context.now);
        self.apply_effects(context, effects, out);
    }

    fn command(&mut self, context: InputContext, command: Command, out: &mut Vec<Output>) {
        let features = &self.features;
        self.outbox.drop_waiting(|older| features.supersedes(&command, older));
        let effects = self.features.command_given(&command);
        self.outbox.push(CommandId::new(context.now, context.random), command, context.now);
        outbox_changed(out);
        self.apply_effects(context, effects, out);
    }

    fn apply_effects(&mut self, context: InputContext, effects: Effects, out: &mut Vec<Output>) {
        for (index, request) in (1..).zip(effects.requests) {
            match request {
                // Commands of one input have the same time, so each needs random bits of its own.
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

    /// Subscribes to the topics that the views want, and unsubscribes from all others.
    pub(super) fn update_subscriptions(&mut self, out: &mut Vec<Output>) {
        let of_welcome = self.welcome.as_ref().map(|welcome| welcome.apps);
        let apps = self.workspace.as_ref().map(|workspace| workspace.apps).or(of_welcome);
        let wanted = self.features.wanted_topics(apps.unwrap_or_default());
        let dropped = self.streams.set_topics(&wanted);
        for topic in dropped {
            self.features.unsubscribed(topic);
            self.outbox.unsubscribed(topic);
            if self.connection.is_live() {
                out.push(send(&ClientFrame::Unsubscribe { topic }));
            }
        }
    }

    /// Sends everything that is due after an input.
    fn send_due(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        if !self.connection.is_live() {
            return;
        }
        for subscription in self.streams.take_due(now) {
            out.push(send(&ClientFrame::Subscribe(subscription)));
        }
        if self.resend_queries_at.is_some_and(|at| at <= now) {
            self.resend_queries(out);
        }
        for (id, command) in self.outbox.take_due(now) {
            out.push(match command {
                QueuedCommand::Read(command) => {
                    send(&ClientFrame::Command(CommandFrame { id, command }))
                }
                QueuedCommand::Encoded(command) => {
                    Output::Send(codec::encode_encoded_command(id, &command))
                }
            });
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
