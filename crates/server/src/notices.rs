//! Notices on a schedule: the operator's, and the demonstration that anybody may start.
//!
//! The task knows when something is due and says so to the store; whether it was told before, the
//! store knows. So a restart tells nothing twice, and of what came due while the server was down, the
//! latest of each schedule is told, once.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use madang_hub::bus::TopicAdvanced;
use madang_hub::notices::DueNotice;
use madang_hub::ports::{Clock, Recovery, Store, StoreError};
use madang_shared::notices::Demonstration;
use madang_shared::{Snapshot, Timestamp, Topic, UserId};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

mod schedule;

pub(crate) use schedule::{FileNotice, Schedule, schedules};

/// How long to wait after the store could not be asked, or could not tell.
const AGAIN: Duration = Duration::from_secs(5);
/// The longest sleep: the clock may be set meanwhile, and a word of the bus may be lost.
const AT_MOST: Duration = Duration::from_mins(1);
/// Who reads the notices for everybody; nobody in particular, which is enough.
const READER: UserId = UserId(0);

/// Tells what comes due, until the process stops. `words` wakes it when somebody has started the
/// demonstration.
pub(crate) async fn run(
    schedules: Vec<Schedule>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    mut words: broadcast::Receiver<TopicAdvanced>,
    stopping: CancellationToken,
) -> Result<()> {
    let mut healthy = true;
    loop {
        let wait = match tell(&schedules, &*store, &*clock).await {
            Ok(next) => {
                healthy = true;
                let wait = next.map(|next| Duration::from_millis(next.since(clock.now())));
                wait.unwrap_or(AT_MOST).min(AT_MOST)
            }
            Err(error) => {
                if std::mem::replace(&mut healthy, false) {
                    tracing::warn!(%error, "scheduled notices wait");
                }
                AGAIN
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = moved(&mut words) => {}
            () = stopping.cancelled() => return Ok(()),
        }
    }
}

/// Says to the store all that is due; answers when the next will be, if any.
async fn tell(
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
        let number = demo.number_at(now);
        if number > 0 {
            let due = DueNotice::Demonstrated { started_at: demo.started_at, number };
            store.append_due_notice(due, now).await?;
        }
    }
    // After the last one it has ended; its number only makes this look again.
    let demo = demo.map(|demo| demo.due(demo.number_at(now) + 1));
    Ok(schedules.iter().map(|schedule| schedule.next(now)).chain(demo).min())
}

async fn demonstration(store: &dyn Store) -> Result<Option<Demonstration>, StoreError> {
    match store.open(READER, Topic::Notices, None).await? {
        Recovery::State { snapshot: Snapshot::Notices(notices), .. } => Ok(notices.demo),
        other => Err(StoreError::Unavailable(format!("notices opened as {other:?}"))),
    }
}

/// Waits for a word about the notices for everybody, or for the loss of some.
async fn moved(words: &mut broadcast::Receiver<TopicAdvanced>) {
    loop {
        match words.recv().await {
            Ok(moved) if moved.topic != Topic::Notices => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return,
            // Nobody tells any more; sleeping is enough.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests;
