//! Carries out what the client asks for, and tells it what happened: sockets, timers, randomness.

use madang_client::{Action, Client, Input, InputContext, Output};
use madang_shared::{Command, CommandId, ServerFrame, codec};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::{Instant, sleep_until};

use crate::clock::Clock;
use crate::socket::{Happened, Socket};
use crate::visitor::Visitor;

const PROGRAM: &str = concat!("loadgen/", env!("CARGO_PKG_VERSION"));

/// One user's client with its socket and its timers. It makes progress only inside
/// [`Driver::step`], so whoever owns it decides which task it lives in.
#[derive(Debug)]
pub struct Driver {
    client: Client,
    visitor: Visitor,
    socket: Socket,
    clock: Clock,
    random: StdRng,
    opened: Option<Instant>,
}

impl Driver {
    /// A client that connects at its first step. `seed` makes its jitter and its command ids.
    pub fn new(visitor: Visitor, clock: Clock, seed: u64) -> Self {
        let mut driver = Self {
            client: Client::new(visitor.user.clone(), PROGRAM, Vec::new()),
            visitor,
            socket: Socket::default(),
            clock,
            random: StdRng::seed_from_u64(seed),
            opened: None,
        };
        driver.input(Input::Connect);
        driver
    }

    /// What the client knows.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// When the present connection was opened, or the last one, if there is none at present.
    pub fn opened(&self) -> Option<Instant> {
        self.opened
    }

    /// What went wrong last with the connection, for people.
    pub fn trouble(&self) -> Option<&str> {
        self.socket.trouble()
    }

    /// The user does something.
    pub fn act(&mut self, action: Action) {
        self.input(Input::Act(action));
    }

    /// The user asks for a change. Answers the id that it got.
    pub fn command(&mut self, command: impl Into<Command>) -> Option<CommandId> {
        self.input(Input::Command(command.into()));
        self.client.outbox().items().last().map(|pending| pending.id)
    }

    /// Waits for the next frame, timer, or change of the connection, and handles it. Answers the
    /// frame, if it was one that this version knows, after the client has taken it. Safe to drop at
    /// any point.
    pub async fn step(&mut self) -> Option<ServerFrame> {
        let deadline = self.client.deadline().map(|at| self.clock.instant(at));
        let input = tokio::select! {
            happened = self.socket.happened() => match happened {
                Happened::Recovery => {
                    self.opened = Some(Instant::now());
                    Input::SocketOpened
                }
                Happened::Frame(text) => Input::Frame(text),
                Happened::Closed(code) => Input::SocketClosed { code },
            },
            () = reached(deadline) => Input::Wake,
        };
        let frame = match &input {
            Input::Frame(text) => codec::decode_server(text).ok(),
            _ => None,
        };
        self.input(input);
        frame
    }

    fn input(&mut self, input: Input) {
        let moment = InputContext { now: self.clock.now(), random: self.random.random() };
        for output in self.client.handle(moment, input) {
            match output {
                Output::OpenSocket => self.socket.open(&self.visitor),
                Output::Send(text) => self.socket.send(text),
                Output::CloseSocket => self.socket.close(),
                // There is no screen, and no reload.
                Output::Changed(_) | Output::PersistOutbox => {}
            }
        }
    }
}

async fn reached(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
