//! Scheduled notices: those of the operator, and the demonstration.
//!
//! This task knows when a notice is due and passes it to the store. The store keeps a high-water
//! mark for each schedule, so a restart never repeats a notice; after downtime only the most recent
//! missed notice of each schedule is sent.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use futures_util::FutureExt;
use madang_hub::bus::TopicAdvanced;
use madang_hub::notices::DueNotice;
use madang_hub::policy::rights::SERVER;
use madang_hub::ports::{Clock, Recovery, Store, StoreError};
use madang_hub::shared_state::SharedStateRead;
use madang_shared::ids::MAX_CLOCK_CORRECTION_MS;
use madang_shared::notices::{DEMO_NOTICES, Demonstration};
use madang_shared::{Snapshot, Topic};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::leases::Leadership;
use crate::timetable::{NextDue, Timetable};

mod schedule;

pub(crate) use schedule::{Schedule, ScheduleTable, schedules};

/// See [`Timetable::max_sleep`].
const MAX_SLEEP: Duration = Duration::from_mins(1);

/// Sends due notices, until the process stops. A user who starts the demonstration wakes the task.
pub(crate) async fn run(
    schedules: Vec<Schedule>,
    (store, clock): (Arc<dyn Store>, Arc<dyn Clock>),
    leadership: Leadership,
    advances: broadcast::Receiver<TopicAdvanced>,
    stopping: CancellationToken,
) -> Result<()> {
    let timetable = Timetable {
        work: "scheduled notices",
        clock: clock.clone(),
        leadership,
        advances,
        wakes: |topic| topic == Topic::Notices,
        max_sleep: MAX_SLEEP,
    };
    let schedules: Arc<[Schedule]> = schedules.into();
    let settle = move || {
        let (schedules, store, clock) = (schedules.clone(), store.clone(), clock.clone());
        async move { send_due(&schedules, &*store, &*clock).await }.boxed()
    };
    timetable.run(settle, stopping).await
}

/// Passes all due notices to the store; returns the time of the next one, if any.
async fn send_due(schedules: &[Schedule], store: &dyn Store, clock: &dyn Clock) -> NextDue {
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

#[cfg(test)]
mod tests;
