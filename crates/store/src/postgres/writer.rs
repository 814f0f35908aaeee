//! The one thread that writes to the database.

use std::io;
use std::time::{Duration, Instant};

use madang_hub::ports::StoreError;
use tokio::sync::{mpsc, oneshot};

use super::group::{Attempt, GroupWriter};
use super::known_log::KnownLog;
use super::pending_events::INTERVAL;
use crate::batch::{self, EVENT_GROUPS, Job};
use crate::event_stream::{EventSender, EventStream, LogChange, LogReplaced};
use crate::writer_handle::WriterHandle;

/// The wait between two polls while the database cannot be reached.
const UNREACHABLE_INTERVAL: Duration = Duration::from_secs(1);
/// The longest delay of a poll by waiting writes.
const MAX_POLL_DELAY: Duration = Duration::from_secs(1);

/// Starts the thread that writes.
pub(super) fn start(
    writer: GroupWriter,
    known: KnownLog,
) -> io::Result<(WriterHandle, EventStream)> {
    let (events, stream) = EventStream::channel(EVENT_GROUPS);
    let run = |jobs| WriterThread { writer, known, jobs, events }.run();
    Ok((WriterHandle::start("postgres-writer", run)?, stream))
}

struct WriterThread {
    writer: GroupWriter,
    known: KnownLog,
    jobs: mpsc::Receiver<Job>,
    events: EventSender,
}

impl WriterThread {
    fn run(mut self) {
        let (mut next_poll, mut is_reachable) = (Instant::now(), true);
        loop {
            let wait = next_poll.saturating_duration_since(Instant::now());
            let Self { writer, jobs, .. } = &mut self;
            let job = writer.connection.runtime().block_on(async {
                // A job that waits already is received before the time is looked at.
                tokio::time::timeout(wait, jobs.recv()).await
            });
            match job {
                Ok(Some(job)) => {
                    self.commit(job);
                    // Commits take the events of other programs. The number of their changes is polled.
                    if next_poll.elapsed() < MAX_POLL_DELAY {
                        continue;
                    }
                }
                Ok(None) => return,
                Err(_) => {}
            }
            is_reachable = self.poll(is_reachable);
            let interval = if is_reachable { INTERVAL } else { UNREACHABLE_INTERVAL };
            next_poll = Instant::now() + interval;
        }
    }

    /// Connects if need be. If the connection leads to another log, lets the node drop its copies of the former one first.
    fn connect(&mut self) -> Result<(), StoreError> {
        let Self { writer, known, events, .. } = self;
        if known.take_doubt() {
            writer.connection.reset();
        }
        let log_epoch = writer.connection.connect()?;
        if known.epoch() != Some(log_epoch) {
            known.begin_replacement();
            // The events of a lost commit are not in the new log, or have another epoch.
            writer.unanswered = None;
            let (handled, is_handled) = oneshot::channel();
            let replaced = LogReplaced { log_epoch, _handled: handled };
            // Both fail if the receiver was dropped: then there are no copies.
            events.blocking_send(LogChange::Replaced(replaced)).ok();
            is_handled.blocking_recv().ok();
            known.replace(log_epoch);
        }
        if let Some(heads) = writer.take_unanswered()? {
            // Fails if the receiver was dropped; the events are in the log.
            events.blocking_send(LogChange::Unanswered(heads)).ok();
        }
        Ok(())
    }

    fn commit(&mut self, first: Job) {
        let group = batch::gather(first, &mut self.jobs);
        if group.is_empty() {
            return;
        }
        if let Err(error) = self.connect() {
            for batch in group {
                batch.answer(Some(&error));
            }
            return;
        }
        let Self { writer, events, .. } = self;
        writer.commit(group, &mut |attempt| send(events, attempt));
    }

    /// Sends the events of other programs. Returns whether the database could be reached.
    fn poll(&mut self, was_reachable: bool) -> bool {
        let polled = self.connect().and_then(|()| {
            while let Some(attempt) = self.writer.take_pending()? {
                let has_more = attempt.has_more;
                send(&self.events, attempt);
                if !has_more {
                    break;
                }
            }
            Ok(())
        });
        if let Err(error) = &polled
            && was_reachable
        {
            tracing::warn!(%error, "the changes of other programs cannot be read; this is repeated");
        }
        polled.is_ok()
    }
}

fn send(events: &EventSender, attempt: Attempt) {
    if !attempt.events.is_empty() {
        // Fails if the receiver was dropped; the events are in the log.
        events.blocking_send(LogChange::Appended(attempt.events)).ok();
    }
}
