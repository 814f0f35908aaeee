//! Runs the client state machine: socket, timers, randomness.

use std::net::SocketAddr;

use madang_client::{Action, Client, Input, InputContext, Output};
use madang_shared::{Command, CommandId, ServerFrame, codec};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::{Instant, sleep_until};

use crate::client_socket::{ClientSocket, SocketEvent};
use crate::clock::MonotonicClock;
use crate::test_user::TestUser;

const PROGRAM: &str = concat!("loadgen/", env!("CARGO_PKG_VERSION"));

/// One user's client with its socket and timers. It makes progress only inside [`Driver::step`], so the
/// owner chooses the task.
#[derive(Debug)]
pub struct Driver {
    client: Client,
    user: TestUser,
    socket: ClientSocket,
    clock: MonotonicClock,
    random: StdRng,
    connected_at: Option<Instant>,
    /// The servers to which the client connects in turn. Without any it is the user's own.
    servers: Vec<SocketAddr>,
    next_server: usize,
    last_close_code: Option<u16>,
}

impl Driver {
    /// A client that connects at its first step. `seed` determines its jitter and its command ids.
    pub fn new(user: TestUser, clock: MonotonicClock, seed: u64) -> Self {
        let mut driver = Self {
            client: Client::new(user.user.clone(), PROGRAM, Vec::new()).with_all_views(),
            user,
            socket: ClientSocket::default(),
            clock,
            random: StdRng::seed_from_u64(seed),
            connected_at: None,
            servers: Vec::new(),
            next_server: 0,
            last_close_code: None,
        };
        driver.input(Input::Connect);
        driver
    }

    /// Connects to several servers in turn, beginning with the one of this index. The first connection is made again.
    #[must_use]
    pub fn with_servers(mut self, servers: Vec<SocketAddr>, first: usize) -> Self {
        (self.servers, self.next_server) = (servers, first);
        self.open_socket();
        self
    }

    /// The client's state.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The time at which the current connection, or else the last one, was opened.
    pub fn connected_at(&self) -> Option<Instant> {
        self.connected_at
    }

    /// The text of the last connection error.
    pub fn last_error(&self) -> Option<&str> {
        self.socket.last_error()
    }

    /// The close code of the last connection that ended; 1006 if it broke or was refused.
    pub fn last_close_code(&self) -> Option<u16> {
        self.last_close_code
    }

    /// Performs an action of the user.
    pub fn act(&mut self, action: Action) {
        self.input(Input::Act(action));
    }

    /// Queues a command and returns its id.
    pub fn command(&mut self, command: impl Into<Command>) -> Option<CommandId> {
        self.input(Input::Command(command.into()));
        self.client.outbox().items().last().map(|pending| pending.id)
    }

    /// Waits for the next frame, timer or connection event and lets the client handle it. Returns the
    /// frame, if it was one that this version can decode. Cancel-safe.
    pub async fn step(&mut self) -> Option<ServerFrame> {
        let deadline = self.client.deadline().map(|at| self.clock.instant(at));
        let input = tokio::select! {
            event = self.socket.next_event() => match event {
                SocketEvent::Opened => {
                    self.connected_at = Some(Instant::now());
                    Input::SocketOpened
                }
                SocketEvent::Frame(text) => Input::Frame(text),
                SocketEvent::Closed(code) => {
                    self.last_close_code = Some(code);
                    Input::SocketClosed { code }
                }
            },
            () = sleep_until_deadline(deadline) => Input::Wake,
        };
        let frame = match &input {
            Input::Frame(text) => codec::decode_server(text).ok(),
            _ => None,
        };
        self.input(input);
        frame
    }

    fn open_socket(&mut self) {
        let turn = self.next_server.checked_rem(self.servers.len());
        if let Some(server) = turn.and_then(|turn| self.servers.get(turn)) {
            self.user.server = *server;
            self.next_server += 1;
        }
        self.socket.open(&self.user);
    }

    fn input(&mut self, input: Input) {
        let context = InputContext { now: self.clock.now(), random: self.random.random() };
        for output in self.client.handle(context, input) {
            match output {
                Output::OpenSocket => self.open_socket(),
                Output::Send(text) => self.socket.send(text),
                Output::CloseSocket => self.socket.close(),
                // There is no screen to update and no state to keep over a reload.
                Output::Changed(_) | Output::PersistOutbox => {}
            }
        }
    }
}

async fn sleep_until_deadline(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
