//! A connection that settles down and stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use madang_client::timeline::Timeline;
use madang_client::{Action, ConnectionState};
use madang_loadgen::socket::{Happened, Socket};
use madang_loadgen::{Clock, Driver, Visitor};
use madang_shared::chat::ChatCommand;
use madang_shared::{ClientFrame, Hello, ServerFrame, codec};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::Topics;

/// As people write: a line or two.
const TEXT: &str =
    "The courtyard is open, come in whenever you like. 마당은 열려 있으니 언제든 들어오세요.";

/// Fills the first room with this many messages, and leaves.
pub(super) async fn talk(visitor: Visitor, clock: Clock, messages: u32) -> Result<()> {
    let mut driver = Driver::new(visitor, clock, 0);
    let mut written = 0;
    loop {
        let client = driver.client();
        let room = client.features().memberships().rooms().min();
        match room {
            Some(room) if client.outbox().items().is_empty() => {
                if written == messages {
                    return Ok(());
                }
                let text = TEXT.to_owned();
                driver.command(ChatCommand::Post { room, text });
                written += 1;
            }
            _ => {}
        }
        driver.step().await;
    }
}

/// All connections together.
#[derive(Clone, Debug)]
pub(super) struct PresenceSummary {
    topics: Topics,
    ready: Arc<watch::Sender<usize>>,
    frames: Arc<AtomicU64>,
}

impl PresenceSummary {
    pub(super) fn new(topics: Topics) -> Self {
        Self { topics, ready: Arc::new(watch::Sender::new(0)), frames: Arc::default() }
    }

    /// Frames that all connections received.
    pub(super) fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Waits until this many connections are where they should be.
    pub(super) async fn wait_for(&self, count: usize, within: Duration) -> Result<()> {
        let mut ready = self.ready.subscribe();
        let enough = timeout(within, ready.wait_for(|ready| *ready >= count)).await;
        if enough.is_err() {
            let (ready, seconds) = (*self.ready.borrow(), within.as_secs());
            bail!("only {ready} of {count} connections are ready after {seconds} s");
        }
        Ok(())
    }

    /// Connects when it is its turn, and stays; ends only if it has to.
    pub(super) async fn live(
        self,
        visitor: Visitor,
        clock: Clock,
        seed: u64,
        opening: Arc<Semaphore>,
    ) -> Result<()> {
        let turn = opening.acquire_owned().await?;
        match self.topics {
            Topics::None => self.stay_silent(&visitor, move || drop(turn)).await,
            Topics::Joined | Topics::All => {
                self.follow(Driver::new(visitor, clock, seed), move || drop(turn)).await
            }
        }
    }

    async fn follow(&self, mut driver: Driver, settled: impl FnOnce()) -> Result<()> {
        while !self.has_settled(&mut driver) {
            self.step(&mut driver).await?;
        }
        settled();
        self.ready.send_modify(|ready| *ready += 1);
        loop {
            self.step(&mut driver).await?;
        }
    }

    async fn step(&self, driver: &mut Driver) -> Result<()> {
        if driver.step().await.is_some() {
            self.frames.fetch_add(1, Ordering::Relaxed);
        }
        match (driver.client().connection(), driver.trouble()) {
            (ConnectionState::Ended(ending), _) => bail!("a connection ended: {ending:?}"),
            (ConnectionState::Waiting { .. }, trouble) => {
                bail!("a connection was lost: {}", trouble.unwrap_or("closed by the server"))
            }
            _ => Ok(()),
        }
    }

    fn has_settled(&self, driver: &mut Driver) -> bool {
        let features = driver.client().features();
        let Some(room) = features.memberships().rooms().min() else {
            return false;
        };
        if self.topics == Topics::All && features.open().is_none() {
            driver.act(Action::OpenRoom(Some(room)));
        }
        // Every topic that is followed has its state.
        let client = driver.client();
        client.features().timeline(room).is_some_and(Timeline::is_known)
            && client.caught_up().complete
    }

    /// A client that follows nothing is none that an app would want, so the machine has no way to be
    /// one: the hello is said by hand.
    async fn stay_silent(&self, visitor: &Visitor, settled: impl FnOnce()) -> Result<()> {
        let mut socket = Socket::default();
        socket.open(visitor);
        let mut settled = Some(settled);
        loop {
            let text = match socket.happened().await {
                Happened::Recovery => {
                    let hello = Hello { client: "loadgen".to_owned(), ..Hello::default() };
                    socket.send(codec::encode_client(&ClientFrame::Hello(hello)));
                    continue;
                }
                Happened::Frame(text) => text,
                Happened::Closed(code) => bail!(
                    "a connection ended with {code}: {}",
                    socket.trouble().unwrap_or("closed by the server")
                ),
            };
            self.frames.fetch_add(1, Ordering::Relaxed);
            match codec::decode_server(&text)? {
                ServerFrame::Welcome(_) => {
                    if let Some(settled) = settled.take() {
                        settled();
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
