//! The one thread that writes to the database.

use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use madang_hub::ports::StoreError;
use tokio::sync::{mpsc, oneshot};

use super::group::{Attempt, GroupWriter};
use super::known_log::KnownLog;
use super::options::ConnectError;
use super::pending_events::INTERVAL;
use crate::batch::{self, EVENT_GROUPS, Job, QUEUE};
use crate::connections::{Apply, WriteResults, only};
use crate::event_stream::{EventSender, EventStream, LogChange, LogReplaced};
use crate::rules::WriteInput;

/// The wait between two polls while the database cannot be reached.
const UNREACHABLE_INTERVAL: Duration = Duration::from_secs(1);
/// The longest delay of a poll by waiting writes.
const MAX_POLL_DELAY: Duration = Duration::from_secs(1);

/// The handle to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(
        writer: GroupWriter,
        known: KnownLog,
    ) -> Result<(Self, EventStream), ConnectError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (events, stream) = EventStream::channel(EVENT_GROUPS);
        let thread = WriterThread { writer, known, jobs: queue, events };
        let thread = Builder::new()
            .name("postgres-writer".to_owned())
            .spawn(|| thread.run())
            .map_err(ConnectError::Thread)?;
        Ok((Self { jobs, thread: Mutex::new(Some(thread)) }, stream))
    }

    /// See [`batch::enqueue`].
    pub(super) fn enqueue<I: WriteInput, T: Send + 'static>(
        &self,
        inputs: Vec<I>,
        apply: Apply<I, T>,
    ) -> impl Future<Output = WriteResults<T>> + Send + 'static {
        batch::enqueue(&self.jobs, inputs, apply)
    }

    /// A function that queues a batch of one later, for a write that depends on a read.
    pub(super) fn deferred<I: WriteInput, T: Send + 'static>(
        &self,
        apply: Apply<I, T>,
    ) -> impl FnOnce(I) -> BoxFuture<'static, Result<T, StoreError>> + Send + 'static {
        let jobs = self.jobs.clone();
        move |input| batch::enqueue(&jobs, vec![input], apply).map(only).boxed()
    }

    /// Lets the thread finish the waiting jobs, and waits for its end.
    pub(super) async fn close(&self) {
        // Fails only if the thread has ended already.
        self.jobs.send(Job::Close).await.ok();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The callers of a thread that panicked have received their errors.
            tokio::task::spawn_blocking(|| thread.join().ok()).await.ok();
        }
    }
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
            // What a lost commit has appended is not in the new log, or has another epoch.
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
            group.into_iter().for_each(|batch| batch.answer(Some(&error)));
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
