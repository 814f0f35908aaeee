//! Work whose times are in the store: it is done at them, by one node for all.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::BoxFuture;
use madang_hub::bus::TopicAdvanced;
use madang_hub::ports::{Clock, StoreError};
use madang_shared::{Timestamp, Topic};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

use crate::leases::Leadership;

/// Wait after the store failed.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// The result of one look: the time of the next work, which may have passed; none if nothing waits.
pub(crate) type NextDue = Result<Option<Timestamp>, StoreError>;

/// The times of a work.
pub(crate) struct Timetable {
    /// The work in the log, as "scheduled notices".
    pub(crate) work: &'static str,
    /// The clock of the times.
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether this node does the work.
    pub(crate) leadership: Leadership,
    /// The advances of topics.
    pub(crate) advances: broadcast::Receiver<TopicAdvanced>,
    /// Whether an advance of the topic may bring work.
    pub(crate) wakes: fn(Topic) -> bool,
    /// The longest sleep. It bounds the delay after a change of the clock or a lost message of the bus.
    pub(crate) max_sleep: Duration,
}

impl Timetable {
    /// Calls `settle` at each time, until the process stops. It does what is due.
    pub(crate) async fn run(
        mut self,
        settle: impl Fn() -> BoxFuture<'static, NextDue> + Send,
        stopping: CancellationToken,
    ) -> Result<()> {
        let mut is_healthy = true;
        loop {
            tokio::select! {
                () = self.leadership.until_leader() => {}
                () = stopping.cancelled() => return Ok(()),
            }
            let wait = match settle().await {
                Ok(next) => {
                    is_healthy = true;
                    let until =
                        |next: Timestamp| Duration::from_millis(next.since(self.clock.now()));
                    next.map_or(self.max_sleep, until).min(self.max_sleep)
                }
                Err(error) => {
                    if std::mem::replace(&mut is_healthy, false) {
                        tracing::warn!(%error, work = self.work, "the store failed; the work is delayed");
                    }
                    RETRY_INTERVAL
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.woken() => {}
                () = stopping.cancelled() => return Ok(()),
            }
        }
    }

    /// Waits until a topic advances that wakes the work, or until messages of the bus were lost.
    async fn woken(&mut self) {
        loop {
            match self.advances.recv().await {
                Ok(event) if !(self.wakes)(event.topic) => {}
                Ok(_) | Err(RecvError::Lagged(_)) => return,
                // The bus is closed; the sleep is enough.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
