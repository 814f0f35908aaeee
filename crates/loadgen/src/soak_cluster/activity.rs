//! The activity of the participants, which decides when the next disturbance happens and when the run ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use madang_shared::{RoomId, Seq};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// The task of the participants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunPhase {
    /// Write and read.
    Active,
    /// Write no more; send the rest of the outbox, and load the whole history.
    Settle,
    /// Stop.
    End,
}

/// The status of one participant.
#[derive(Clone, Debug)]
pub(super) struct ParticipantStatus {
    /// The last event of the room.
    pub(super) last_event: Instant,
    /// The last acknowledgement. A reader's is that of its last event.
    pub(super) last_acknowledgement: Instant,
    /// The longest time without an event or an acknowledgement, since the last look.
    pub(super) longest_silence: Duration,
    /// The number of unacknowledged messages of a participant that settles.
    pub(super) in_outbox: usize,
    /// The last message that the client has, while its connection is live and its history is whole. `None` until the
    /// participant settles.
    pub(super) whole_to: Option<(RoomId, Seq)>,
    pub(super) last_error: Option<String>,
}

impl ParticipantStatus {
    fn new(now: Instant) -> Self {
        Self {
            last_event: now,
            last_acknowledgement: now,
            longest_silence: Duration::ZERO,
            in_outbox: 0,
            whole_to: None,
            last_error: None,
        }
    }

    /// Notes that something has arrived. Returns the present time.
    pub(super) fn end_silence(&mut self) -> Instant {
        let now = Instant::now();
        self.longest_silence = self.longest_silence.max(self.silence(now));
        now
    }

    fn silence(&self, now: Instant) -> Duration {
        now - self.last_event.max(self.last_acknowledgement)
    }
}

/// The status of all participants.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    statuses: Arc<watch::Sender<Vec<ParticipantStatus>>>,
}

impl Activity {
    pub(super) fn new(participants: usize) -> Self {
        let statuses = vec![ParticipantStatus::new(Instant::now()); participants];
        Self { statuses: Arc::new(watch::Sender::new(statuses)) }
    }

    pub(super) fn update(&self, number: usize, change: impl FnOnce(&mut ParticipantStatus)) {
        self.statuses.send_modify(|statuses| {
            if let Some(status) = statuses.get_mut(number) {
                change(status);
            }
        });
    }

    /// Waits until each participant has received an event after `since`, and each writer an acknowledgement.
    pub(super) async fn wait_for_all(
        &self,
        since: Instant,
        within: Duration,
    ) -> anyhow::Result<()> {
        let is_active = |status: &ParticipantStatus| {
            status.last_event > since && status.last_acknowledgement > since
        };
        let problem = "a client gets no events or no acknowledgements";
        self.wait(|statuses| statuses.iter().all(is_active), problem, within).await
    }

    /// Waits until every outbox is empty and every participant has the whole room.
    pub(super) async fn wait_until_settled(&self, within: Duration) -> anyhow::Result<()> {
        let settled = |statuses: &Vec<ParticipantStatus>| {
            // A writer with an empty outbox has its own last message, so the highest number of a room is its end.
            let mut ends = BTreeMap::new();
            for (room, seq) in statuses.iter().filter_map(|status| status.whole_to) {
                let end = ends.entry(room).or_insert(seq);
                *end = seq.max(*end);
            }
            statuses.iter().all(|status| {
                status.in_outbox == 0
                    && status.whole_to.is_some_and(|(room, seq)| ends.get(&room) == Some(&seq))
            })
        };
        self.wait(settled, "the clients do not settle", within).await
    }

    /// The longest silence of a client since the last call, and the number of that client.
    pub(super) fn take_longest_silence(&self) -> (Duration, usize) {
        let now = Instant::now();
        let mut longest = (Duration::ZERO, 0);
        self.statuses.send_modify(|statuses| {
            for (number, status) in statuses.iter_mut().enumerate() {
                let silence = status.longest_silence.max(status.silence(now));
                longest = longest.max((silence, number));
                status.longest_silence = Duration::ZERO;
            }
        });
        longest
    }

    fn describe(&self) -> String {
        let (statuses, now) = (self.statuses.borrow(), Instant::now());
        let rows = statuses.iter().enumerate().map(|(number, status)| {
            format!(
                "\n  client {number}: {} in the outbox, event {:.1} s ago, acknowledgement {:.1} s ago, whole to {:?}, \
                last error: {}",
                status.in_outbox,
                (now - status.last_event).as_secs_f64(),
                (now - status.last_acknowledgement).as_secs_f64(),
                status.whole_to.map(|(room, seq)| (room.0, seq.0)),
                status.last_error.as_deref().unwrap_or("none")
            )
        });
        format!("the clients:{}", rows.collect::<String>())
    }

    async fn wait(
        &self,
        condition: impl FnMut(&Vec<ParticipantStatus>) -> bool,
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
