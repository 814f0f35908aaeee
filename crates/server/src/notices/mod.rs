//! Scheduled notices: those of the operator, and the demonstration.
//!
//! This task knows when a notice is due and passes it to the store. The store keeps a high-water
//! mark for each schedule, so a restart never repeats a notice; after downtime only the most recent
//! missed notice of each schedule is sent.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use madang_hub::bus::TopicAdvanced;
use madang_hub::notices::DueNotice;
use madang_hub::policy::rights::SERVER;
use madang_hub::ports::{Clock, Recovery, Store, StoreError};
use madang_hub::shared_state::SharedStateRead;
use madang_shared::ids::MAX_CLOCK_CORRECTION_MS;
use madang_shared::notices::{DEMO_NOTICES, Demonstration};
use madang_shared::{Snapshot, Timestamp, Topic};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

use crate::leases::Leadership;

mod schedule;

pub(crate) use schedule::{Schedule, ScheduleTable, schedules};

/// Wait after the store failed.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// The longest sleep. It bounds the delay after a change of the clock or a lost message of the bus.
const MAX_SLEEP: Duration = Duration::from_mins(1);

/// Sends due notices, until the process stops. `advances` wakes the task when a user starts the
/// demonstration. One node sends the notices for all.
pub(crate) async fn run(
    schedules: Vec<Schedule>,
    (store, clock): (Arc<dyn Store>, Arc<dyn Clock>),
    mut leadership: Leadership,
    mut advances: broadcast::Receiver<TopicAdvanced>,
    stopping: CancellationToken,
) -> Result<()> {
    let mut is_healthy = true;
    loop {
        tokio::select! {
            () = leadership.until_leader() => {}
            () = stopping.cancelled() => return Ok(()),
        }
        let wait = match send_due(&schedules, &*store, &*clock).await {
            Ok(next) => {
                is_healthy = true;
                let wait = next.map(|next| Duration::from_millis(next.since(clock.now())));
                wait.unwrap_or(MAX_SLEEP).min(MAX_SLEEP)
            }
            Err(error) => {
                if std::mem::replace(&mut is_healthy, false) {
                    tracing::warn!(%error, "the store failed; scheduled notices are delayed");
                }
                RETRY_INTERVAL
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = notices_advanced(&mut advances) => {}
            () = stopping.cancelled() => return Ok(()),
        }
    }
}

/// Passes all due notices to the store; returns the time of the next one, if any.
async fn send_due(
    schedules: &[Schedule],
    store: &dyn Store,
    clock: &dyn Clock,
) -> Result<Option<Timestamp>, StoreError> {
    let now = clock.now();
    for schedule in schedules {
        store.append_due_notice(schedule.due(now), now).await?;
    }
    let demo = demonstration(store).await?;
    if let Some(demo) = &demo {
        let mut number = demo.number_at(now);
        if demo.started_at.since(now) > MAX_CLOCK_CORRECTION_MS {
            tracing::warn!(
                "the demonstration began in the future, so the clock was wrong; it ends"
            );
            number = DEMO_NOTICES;
        }
        if number > 0 {
            let due = DueNotice::Demonstrated { started_at: demo.started_at, number };
            store.append_due_notice(due, now).await?;
        }
    }
    // The demonstration has ended after its last notice; this time only causes one more look.
    let demo = demo.map(|demo| demo.due(demo.number_at(now) + 1));
    Ok(schedules.iter().map(|schedule| schedule.next(now)).chain(demo).min())
}

async fn demonstration(store: &dyn Store) -> Result<Option<Demonstration>, StoreError> {
    let opened = store.open(SERVER, SharedStateRead::uncached(Topic::Notices), None).await?;
    let Recovery::State(state) = opened else {
        return Err(StoreError::Unavailable(format!("notices opened as {opened:?}")));
    };
    match state.snapshot() {
        Ok(Snapshot::Notices(notices)) => Ok(notices.demo),
        other => Err(StoreError::Unavailable(format!("notices have the state {other:?}"))),
    }
}

/// Waits until the notices for every user advance, or until messages of the bus were lost.
async fn notices_advanced(advances: &mut broadcast::Receiver<TopicAdvanced>) {
    loop {
        match advances.recv().await {
            Ok(event) if event.topic != Topic::Notices => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return,
            // The bus is closed; the sleep is enough.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests;
