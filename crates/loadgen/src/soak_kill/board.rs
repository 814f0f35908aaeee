//! Where the writers write down how they stand, for whoever decides what happens next.

use std::sync::Arc;
use std::time::Duration;

use madang_client::ConnectionState;
use madang_loadgen::Driver;
use madang_shared::{Seq, Topic};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::writer::room_of;

/// What the writers are to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Write, as much as is acknowledged.
    Writing,
    /// Write nothing more; see that everything written arrives.
    Settling,
    /// Stop and testify.
    Over,
}

/// How a writer stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    pub(super) written: u64,
    pub(super) acknowledged: u64,
    /// Messages that the client still holds.
    pub(super) held: u64,
    /// When the connection was opened that brought the last acknowledgement.
    pub(super) acknowledged_on: Option<Instant>,
    /// How far it knows the room, while its connection is live.
    pub(super) known: Option<Seq>,
    /// Why it may be stuck, for people.
    pub(super) trouble: Option<String>,
}

/// How all writers stand.
#[derive(Clone, Debug)]
pub(super) struct Board {
    standings: Arc<watch::Sender<Vec<Standing>>>,
}

impl Board {
    pub(super) fn new(writers: u16) -> Self {
        let standings = vec![Standing::default(); usize::from(writers)];
        Self { standings: Arc::new(watch::Sender::new(standings)) }
    }

    pub(super) fn writers(&self) -> usize {
        self.standings.borrow().len()
    }

    /// A writer writes down how it stands.
    pub(super) fn note(&self, writer: u16, driver: &Driver, change: impl FnOnce(&mut Standing)) {
        let client = driver.client();
        let is_live = *client.connection() == ConnectionState::Live;
        let known = room_of(driver).and_then(|room| client.known(Topic::Room(room)));
        self.standings.send_modify(|standings| {
            if let Some(standing) = standings.get_mut(usize::from(writer)) {
                change(standing);
                standing.held = client.outbox().items().len() as u64;
                standing.known = known.filter(|_| is_live);
                standing.trouble = driver.trouble().map(str::to_owned);
            }
        });
    }

    /// Written and acknowledged so far.
    pub(super) fn totals(&self) -> (u64, u64) {
        let standings = self.standings.borrow();
        let written = standings.iter().map(|standing| standing.written).sum();
        (written, standings.iter().map(|standing| standing.acknowledged).sum())
    }

    /// Given to a client and not settled.
    pub(super) fn under_way(&self) -> u64 {
        self.standings.borrow().iter().map(|standing| standing.held).sum()
    }

    /// Waits until this many writers have been acknowledged on connections opened after `since`. An
    /// acknowledgement of an earlier server can be read after its death, and does not count.
    pub(super) async fn wait_for_flow(
        &self,
        since: Instant,
        writers: usize,
        within: Duration,
    ) -> anyhow::Result<()> {
        let flows = |standings: &Vec<Standing>| {
            let back = standings.iter().filter(|standing| standing.acknowledged_on > Some(since));
            back.count() >= writers
        };
        self.wait(flows, "acknowledgements do not flow again", within).await
    }

    /// Waits until every writer holds nothing and knows all that was said.
    pub(super) async fn wait_until_settled(&self, within: Duration) -> anyhow::Result<()> {
        let settled = |standings: &Vec<Standing>| {
            // Whoever holds nothing has seen its own last message, so the furthest has seen all.
            let end = standings.iter().map(|standing| standing.known).max().flatten();
            end.is_some()
                && standings.iter().all(|standing| standing.held == 0 && standing.known == end)
        };
        self.wait(settled, "what was written does not settle", within).await
    }

    /// How the writers stand, for people.
    pub(super) fn describe(&self) -> String {
        let standings = self.standings.borrow();
        let rows = (0_u16..).zip(standings.iter()).map(|(number, standing)| {
            format!(
                "\n  writer {number}: holds {}, knows {:?}, last trouble: {}",
                standing.held,
                standing.known.map(|seq| seq.0),
                standing.trouble.as_deref().unwrap_or("none")
            )
        });
        format!("the writers:{}", rows.collect::<String>())
    }

    async fn wait(
        &self,
        condition: impl FnMut(&Vec<Standing>) -> bool,
        what: &str,
        within: Duration,
    ) -> anyhow::Result<()> {
        let mut standings = self.standings.subscribe();
        match timeout(within, standings.wait_for(condition)).await {
            Ok(_) => Ok(()),
            Err(_) => super::stuck(what, within, self),
        }
    }
}
