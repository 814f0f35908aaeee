//! People who do the same: they arrive, they post, and each of them receives every message.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use madang_loadgen::{MonotonicClock, TestUser};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::person::Person;

/// Limit for each phase of a group: a busy machine needs a multiple of a quiet one's time.
const PHASE_WITHIN: Duration = Duration::from_mins(3);

/// The present act of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Arriving,
    Posting,
    Leaving,
}

/// The messages of a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Messages {
    /// The number of people who post: the first of the group.
    pub(super) writers: usize,
    /// Messages of each of them.
    pub(super) each: usize,
}

impl Messages {
    /// The messages in the room at the end.
    pub(super) fn total(self) -> usize {
        self.writers * self.each
    }
}

/// A group of connected people.
pub(super) struct Group {
    size: usize,
    people: JoinSet<Result<Option<String>>>,
    phase: watch::Sender<Phase>,
    /// The number of people who have reached the end of the phase.
    arrived: watch::Receiver<usize>,
    informed: watch::Receiver<usize>,
}

impl Group {
    /// Connects one client for each of these users, all at once, and waits until all have the state of the first room.
    pub(super) async fn arrive(
        users: Vec<TestUser>,
        messages: Messages,
        may_reconnect: bool,
    ) -> Result<Self> {
        let phase = watch::Sender::new(Phase::Arriving);
        let [arrived, informed] = [(); 2].map(|()| watch::Sender::new(0));
        let (clock, size) = (MonotonicClock::start(), users.len());
        let mut group = Self {
            size,
            people: JoinSet::new(),
            arrived: arrived.subscribe(),
            informed: informed.subscribe(),
            phase,
        };
        for (number, user) in users.into_iter().enumerate() {
            let person = Person::new(user, clock, number, may_reconnect);
            let each = if number < messages.writers { messages.each } else { 0 };
            let reached = [arrived.clone(), informed.clone()];
            let phase = group.phase.subscribe();
            group.people.spawn(live(person, each, messages.total(), phase, reached));
        }
        let reached = group.arrived.clone();
        group.wait(reached, "connected").await?;
        Ok(group)
    }

    /// Lets the people post. Does not wait.
    pub(super) fn begin_to_post(&self) {
        self.phase.send_replace(Phase::Posting);
    }

    /// Waits until each client has received every message.
    pub(super) async fn receive_everything(&mut self) -> Result<()> {
        let reached = self.informed.clone();
        self.wait(reached, "complete").await
    }

    /// Disconnects. Returns the first refusal of each client that had one.
    pub(super) async fn leave(mut self) -> Result<Vec<String>> {
        self.phase.send_replace(Phase::Leaving);
        let mut refusals = Vec::new();
        while let Some(person) = self.people.join_next().await {
            refusals.extend(person??);
        }
        Ok(refusals)
    }

    async fn wait(&mut self, mut reached: watch::Receiver<usize>, state: &str) -> Result<()> {
        let size = self.size;
        let everybody = timeout(PHASE_WITHIN, reached.wait_for(|count| *count == size));
        tokio::select! {
            outcome = everybody => {
                let Ok(outcome) = outcome else {
                    let (arrived, informed) = (*self.arrived.borrow(), *self.informed.borrow());
                    bail!(
                        "of {size} clients, {arrived} have arrived and {informed} have every message: not all are \
                        {state} within {} s",
                        PHASE_WITHIN.as_secs()
                    );
                };
                outcome.context("all clients have ended")?;
            }
            Some(ended) = self.people.join_next() => {
                ended??;
                bail!("a client has left before the end");
            }
        }
        Ok(())
    }
}

/// One person of a group, until the group leaves.
async fn live(
    mut person: Person,
    posts: usize,
    total: usize,
    mut phase: watch::Receiver<Phase>,
    [arrived, informed]: [watch::Sender<usize>; 2],
) -> Result<Option<String>> {
    let (mut has_arrived, mut is_informed) = (false, false);
    loop {
        let now = *phase.borrow_and_update();
        match now {
            Phase::Arriving if !has_arrived && person.has_arrived() => {
                has_arrived = true;
                arrived.send_modify(|count| *count += 1);
            }
            Phase::Arriving => {}
            Phase::Posting => {
                person.post_next(posts);
                if !is_informed && person.has_everything(total) {
                    is_informed = true;
                    informed.send_modify(|count| *count += 1);
                }
            }
            Phase::Leaving => return Ok(person.into_refusal()),
        }
        tokio::select! {
            stepped = person.step() => stepped?,
            changed = phase.changed() => changed?,
        }
    }
}
