//! The progress of the writers, which decides when the next kill happens and when the run ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use madang_client::ConnectionState;
use madang_loadgen::Driver;
use madang_shared::{RoomId, Seq, Topic};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::room::room_of;

/// The task of the writers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Write, with a limited number of unacknowledged messages.
    Writing,
    /// Write no more; send the rest of the outbox.
    Settling,
    /// Stop and return the record.
    Done,
}

/// The status of one writer.
#[derive(Clone, Debug, Default)]
pub(super) struct WriterStatus {
    pub(super) written: u64,
    pub(super) acknowledged: u64,
    /// Messages in the client's outbox.
    pub(super) in_outbox: u64,
    /// The time at which the connection with the last acknowledgement was opened.
    pub(super) acknowledged_on: Option<Instant>,
    /// The writer's room, and the last sequence number of it that the client has, while its connection is live.
    pub(super) at: Option<(RoomId, Seq)>,
    /// The last connection error.
    pub(super) last_error: Option<String>,
}

/// The status of all writers.
#[derive(Clone, Debug)]
pub(super) struct WriterProgress {
    statuses: Arc<watch::Sender<Vec<WriterStatus>>>,
}

impl WriterProgress {
    pub(super) fn new(writers: u16) -> Self {
        let statuses = vec![WriterStatus::default(); usize::from(writers)];
        Self { statuses: Arc::new(watch::Sender::new(statuses)) }
    }

    pub(super) fn writers(&self) -> usize {
        self.statuses.borrow().len()
    }

    /// Updates the status of a writer from its driver, after `change`.
    pub(super) fn update(
        &self,
        writer: u16,
        driver: &Driver,
        change: impl FnOnce(&mut WriterStatus),
    ) {
        let client = driver.client();
        let is_live = *client.connection() == ConnectionState::Live;
        let at =
            room_of(driver).and_then(|room| Some((room, client.known_seq(Topic::Room(room))?)));
        self.statuses.send_modify(|statuses| {
            if let Some(status) = statuses.get_mut(usize::from(writer)) {
                change(status);
                status.in_outbox = client.outbox().items().len() as u64;
                status.at = at.filter(|_| is_live);
                status.last_error = driver.last_error().map(str::to_owned);
            }
        });
    }

    /// Numbers of written and of acknowledged messages so far.
    pub(super) fn totals(&self) -> (u64, u64) {
        let statuses = self.statuses.borrow();
        let written = statuses.iter().map(|status| status.written).sum();
        (written, statuses.iter().map(|status| status.acknowledged).sum())
    }

    /// Number of messages in all outboxes.
    pub(super) fn in_flight(&self) -> u64 {
        self.statuses.borrow().iter().map(|status| status.in_outbox).sum()
    }

    /// Waits until this many writers have acknowledgements from connections opened after `since`. An
    /// acknowledgement from a killed server can arrive late; it does not count.
    pub(super) async fn wait_for_acknowledgements(
        &self,
        since: Instant,
        writers: usize,
        within: Duration,
    ) -> anyhow::Result<()> {
        let enough = |statuses: &Vec<WriterStatus>| {
            let back = statuses.iter().filter(|status| status.acknowledged_on > Some(since));
            back.count() >= writers
        };
        self.wait(enough, "too few writers get acknowledgements", within).await
    }

    /// Waits until every outbox is empty and every writer has the whole room.
    pub(super) async fn wait_until_settled(&self, within: Duration) -> anyhow::Result<()> {
        let settled = |statuses: &Vec<WriterStatus>| {
            // A writer with an empty outbox has its own last message, so the highest number of a room is its end.
            let mut ends = BTreeMap::new();
            for (room, seq) in statuses.iter().filter_map(|status| status.at) {
                let end = ends.entry(room).or_insert(seq);
                *end = seq.max(*end);
            }
            let is_settled = |status: &WriterStatus| {
                status.in_outbox == 0
                    && status.at.is_some_and(|(room, seq)| ends.get(&room) == Some(&seq))
            };
            statuses.iter().all(is_settled)
        };
        self.wait(settled, "the outboxes do not drain", within).await
    }

    /// The status of every writer as text, for the error of a run that is stuck.
    fn describe(&self) -> String {
        let statuses = self.statuses.borrow();
        let rows = (0_u16..).zip(statuses.iter()).map(|(number, status)| {
            format!(
                "\n  writer {number}: {} in the outbox, at room and seq {:?}, last error: {}",
                status.in_outbox,
                status.at.map(|(room, seq)| (room.0, seq.0)),
                status.last_error.as_deref().unwrap_or("none")
            )
        });
        format!("the writers:{}", rows.collect::<String>())
    }

    async fn wait(
        &self,
        condition: impl FnMut(&Vec<WriterStatus>) -> bool,
        problem: &str,
        within: Duration,
    ) -> anyhow::Result<()> {
        let mut statuses = self.statuses.subscribe();
        match timeout(within, statuses.wait_for(condition)).await {
            Ok(_) => Ok(()),
            Err(_) => {
                anyhow::bail!("{problem} within {} s; {}", within.as_secs(), self.describe())
            }
        }
    }
}
