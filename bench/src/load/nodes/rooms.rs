//! The load: rooms whose subscribers are connected to some of the nodes, and messages at a fixed rate.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use madang_bench::{FanOutHarness, HarnessConfig, Protocol};
use madang_loadgen::{Driver, MonotonicClock, TestUser};
use madang_shared::rooms::RoomsCommand;
use madang_shared::{RoomId, ServerFrame};
use tokio::time::timeout;

use super::cluster::Cluster;
use crate::load::environment::Environment;

/// The wait of a room's thread between two looks for pings.
const PING_WAIT: Duration = Duration::from_millis(500);
/// Time limit for the creation of a room.
const CREATE_WITHIN: Duration = Duration::from_secs(30);

/// A room of the load. Its messages are posted on one node; its subscribers are connected to that node, or to others.
#[derive(Clone, Debug)]
pub(super) struct RoomLoad {
    /// The node of the one connection that posts.
    pub(super) posts_on: usize,
    /// The nodes of the other subscribers, in turns.
    pub(super) readers_on: Vec<usize>,
    pub(super) readers: usize,
    pub(super) per_second: u32,
    /// Whether its messages come at the same instants as those of the other rooms.
    pub(super) in_step: bool,
}

/// The rooms of a load, with connected subscribers. Each room has a thread, which answers the server's pings.
pub(super) struct Rooms {
    threads: Vec<RoomThread>,
}

struct RoomThread {
    /// How long to post. The thread ends when this is closed.
    posts: Sender<Duration>,
    /// The counts after the connecting, and after each posting.
    counts: Receiver<Result<RoomCounts>>,
    before: RoomCounts,
}

#[derive(Clone, Copy, Default)]
struct RoomCounts {
    messages: u64,
    deliveries: u64,
}

impl Rooms {
    /// Creates the rooms, and connects the subscribers. Each room has one user with many connections.
    pub(super) fn connect(
        environment: &Environment<'_>,
        cluster: &Cluster,
        (name, loads): (&str, &[RoomLoad]),
    ) -> Result<Self> {
        let users = cluster.sign_up(environment, name, loads.len())?;
        let threads = users.into_iter().zip(loads).enumerate().map(|(index, (user, load))| {
            let room = environment.wait_for(create_room(user.clone(), name))?;
            let server = cluster.node(load.posts_on)?.address;
            let readers_on = load.readers_on.iter().map(|node| Ok(cluster.node(*node)?.address));
            let config = HarnessConfig {
                room,
                readers_on: readers_on.collect::<Result<_>>()?,
                ..HarnessConfig::new(Protocol::MadangChat, server, load.readers + 1)
            };
            let share = if load.in_step { 0 } else { u32::try_from(index)? };
            let interval = Duration::from_secs(1) / load.per_second.max(1);
            let delay = interval * share / u32::try_from(loads.len())?;
            Ok(RoomThread::start(config.with_users(&[user]), load.per_second, delay))
        });
        let mut threads = threads.collect::<Result<Vec<_>>>()?;
        threads.iter_mut().try_for_each(|thread| thread.wait().map(drop))?;
        Ok(Self { threads })
    }

    /// Posts in all rooms at the same time. Returns the number of messages and that of their deliveries.
    pub(super) fn post(&mut self, duration: Duration) -> Result<(u64, u64)> {
        for thread in &self.threads {
            thread.posts.send(duration).context("a thread of the load has ended")?;
        }
        self.threads.iter_mut().try_fold((0, 0), |(messages, deliveries), thread| {
            let more = thread.wait()?;
            Ok((messages + more.messages, deliveries + more.deliveries))
        })
    }
}

impl RoomThread {
    fn start(config: HarnessConfig, per_second: u32, delay: Duration) -> Self {
        let ((posts, requests), (answers, counts)) = (channel(), channel());
        thread::spawn(move || {
            let failed = run_room(&config, (per_second, delay), &requests, &answers).err();
            // An error means that nobody waits any more.
            failed.and_then(|error| answers.send(Err(error)).err())
        });
        Self { posts, counts, before: RoomCounts::default() }
    }

    /// Waits for the counts since the last wait.
    fn wait(&mut self) -> Result<RoomCounts> {
        let now = self.counts.recv().context("a thread of the load has ended")??;
        let before = std::mem::replace(&mut self.before, now);
        Ok(RoomCounts {
            messages: now.messages - before.messages,
            deliveries: now.deliveries - before.deliveries,
        })
    }
}

fn run_room(
    config: &HarnessConfig,
    (per_second, delay): (u32, Duration),
    requests: &Receiver<Duration>,
    answers: &Sender<Result<RoomCounts>>,
) -> Result<()> {
    let mut harness = FanOutHarness::start(config)?;
    answers.send(Ok(counts(&mut harness)?)).ok();
    loop {
        match requests.recv_timeout(PING_WAIT) {
            Ok(duration) => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "the load of the rooms is spread over time"
                )]
                thread::sleep(delay);
                harness.publish_at_rate(per_second, duration)?;
                answers.send(Ok(counts(&mut harness)?)).ok();
            }
            Err(RecvTimeoutError::Timeout) => harness.handle_pending_events()?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

fn counts(harness: &mut FanOutHarness) -> Result<RoomCounts> {
    harness.check_no_refusal()?;
    let summary = harness.summary()?;
    ensure!(summary.faults.is_clean(), "events were lost, doubled or reordered: {summary:?}");
    Ok(RoomCounts { messages: summary.published, deliveries: summary.deliveries })
}

/// Creates a room, and returns its id.
async fn create_room(user: TestUser, name: &str) -> Result<RoomId> {
    let name = format!("{name} {}", user.user.id.0);
    let mut driver = Driver::new(user, MonotonicClock::start(), 1);
    driver.command(RoomsCommand::public(name.clone()));
    let created = timeout(CREATE_WITHIN, async {
        loop {
            if let Some(ServerFrame::Error { failure, .. }) = driver.step().await {
                return Err(anyhow!("{failure}"));
            }
            let rooms = driver.client().features().memberships().all_rooms();
            if let Some(room) = rooms.filter(|room| room.name == name).last() {
                return Ok(room.id);
            }
        }
    });
    created.await?
}
