//! A client that connects, subscribes, and then stays idle.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use madang_client::views::chat::Timeline;
use madang_client::{Action, ConnectionState};
use madang_loadgen::client_socket::{ClientSocket, SocketEvent};
use madang_loadgen::{Driver, MonotonicClock, TestUser};
use madang_shared::chat::ChatCommand;
use madang_shared::{ClientFrame, Hello, ServerFrame, codec};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::topics::Topics;

/// A message of typical length.
const TEXT: &str =
    "The courtyard is open, come in whenever you like. 마당은 열려 있으니 언제든 들어오세요.";

/// Posts this many messages to the first room, one after the other, and disconnects.
pub(super) async fn fill_room(user: TestUser, clock: MonotonicClock, messages: u32) -> Result<()> {
    let mut driver = Driver::new(user, clock, 0);
    let mut posted = 0;
    loop {
        let client = driver.client();
        let room = client.features().memberships().rooms().min();
        match room {
            Some(room) if client.outbox().items().is_empty() => {
                if posted == messages {
                    return Ok(());
                }
                let text = TEXT.to_owned();
                driver.command(ChatCommand::post(room, text));
                posted += 1;
            }
            _ => {}
        }
        driver.step().await;
    }
}

/// All idle clients of a run, and their shared counters.
#[derive(Clone, Debug)]
pub(super) struct IdleClients {
    topics: Topics,
    ready: Arc<watch::Sender<usize>>,
    frames: Arc<AtomicU64>,
}

impl IdleClients {
    pub(super) fn new(topics: Topics) -> Self {
        Self { topics, ready: Arc::new(watch::Sender::new(0)), frames: Arc::default() }
    }

    /// Number of frames that all clients received.
    pub(super) fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Waits until this many clients have the state of all their topics.
    pub(super) async fn wait_until_ready(&self, count: usize, within: Duration) -> Result<()> {
        let mut ready = self.ready.subscribe();
        let enough = timeout(within, ready.wait_for(|ready| *ready >= count)).await;
        if enough.is_err() {
            let (ready, seconds) = (*self.ready.borrow(), within.as_secs());
            bail!("only {ready} of {count} connections are ready after {seconds} s");
        }
        Ok(())
    }

    /// Runs one client: it takes a permit of `connects`, connects, releases the permit when it is ready,
    /// and stays connected. Returns only on an error.
    pub(super) async fn run(
        self,
        user: TestUser,
        clock: MonotonicClock,
        seed: u64,
        connects: Arc<Semaphore>,
    ) -> Result<()> {
        let permit = connects.acquire_owned().await?;
        match self.topics {
            Topics::None => self.run_without_topics(&user, move || drop(permit)).await,
            Topics::Joined | Topics::All => {
                self.run_client(Driver::new(user, clock, seed), move || drop(permit)).await
            }
        }
    }

    async fn run_client(&self, mut driver: Driver, on_ready: impl FnOnce()) -> Result<()> {
        while !self.is_ready(&mut driver) {
            self.step(&mut driver).await?;
        }
        on_ready();
        self.ready.send_modify(|ready| *ready += 1);
        loop {
            self.step(&mut driver).await?;
        }
    }

    async fn step(&self, driver: &mut Driver) -> Result<()> {
        if driver.step().await.is_some() {
            self.frames.fetch_add(1, Ordering::Relaxed);
        }
        match (driver.client().connection(), driver.last_error()) {
            (ConnectionState::Ended(ending), _) => bail!("a connection ended: {ending:?}"),
            (ConnectionState::Waiting { .. }, error) => {
                bail!("a connection was lost: {}", error.unwrap_or("closed by the server"))
            }
            _ => Ok(()),
        }
    }

    /// Whether every subscribed topic has its state. Opens the first room if the options ask for it.
    fn is_ready(&self, driver: &mut Driver) -> bool {
        let features = driver.client().features();
        let Some(room) = features.memberships().rooms().min() else {
            return false;
        };
        if self.topics == Topics::All && features.open_room_id().is_none() {
            driver.act(Action::OpenRoom(Some(room)));
        }
        let client = driver.client();
        client.features().timeline(room).is_some_and(Timeline::is_known)
            && client.caught_up().complete
    }

    /// The client state machine always subscribes to topics, so this sends the hello without it.
    async fn run_without_topics(&self, user: &TestUser, on_ready: impl FnOnce()) -> Result<()> {
        let mut socket = ClientSocket::default();
        socket.open(user);
        let mut on_ready = Some(on_ready);
        loop {
            let text = match socket.next_event().await {
                SocketEvent::Opened => {
                    let hello = Hello { client: "loadgen".to_owned(), ..Hello::default() };
                    socket.send(codec::encode_client(&ClientFrame::Hello(hello)));
                    continue;
                }
                SocketEvent::Frame(text) => text,
                SocketEvent::Closed(code) => bail!(
                    "a connection ended with code {code}: {}",
                    socket.last_error().unwrap_or("closed by the server")
                ),
            };
            self.frames.fetch_add(1, Ordering::Relaxed);
            match codec::decode_server(&text)? {
                ServerFrame::Welcome(_) => {
                    if let Some(on_ready) = on_ready.take() {
                        on_ready();
                        self.ready.send_modify(|ready| *ready += 1);
                    }
                }
                ServerFrame::Ping { nonce } => {
                    socket.send(codec::encode_client(&ClientFrame::Pong { nonce }));
                }
                _ => {}
            }
        }
    }
}
