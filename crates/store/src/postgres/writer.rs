//! The one thread that writes to the database.

use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use madang_hub::ports::{StoreError, TopicEvent};
use tokio::sync::mpsc;

use super::group::{Attempt, GroupWriter};
use super::options::ConnectError;
use super::pending_events::INTERVAL;
use crate::batch::{self, EVENT_GROUPS, Job, QUEUE};
use crate::connections::{Apply, WriteResults, only};
use crate::event_stream::EventStream;
use crate::rules::WriteInput;

/// The wait between two polls while the database cannot be reached.
const UNREACHABLE_INTERVAL: Duration = Duration::from_secs(1);

/// The handle to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(writer: GroupWriter) -> Result<(Self, EventStream), ConnectError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (events, stream) = mpsc::channel(EVENT_GROUPS);
        let thread = WriterThread { writer, jobs: queue, events };
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
    jobs: mpsc::Receiver<Job>,
    events: mpsc::Sender<Vec<TopicEvent>>,
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
                Ok(Some(job)) => self.commit(job),
                Ok(None) => return,
                Err(_) => {
                    is_reachable = self.poll(is_reachable);
                    let interval = if is_reachable { INTERVAL } else { UNREACHABLE_INTERVAL };
                    next_poll = Instant::now() + interval;
                }
            }
        }
    }

    fn commit(&mut self, first: Job) {
        let Self { writer, jobs, events } = self;
        let group = batch::gather(first, jobs);
        if group.is_empty() {
            return;
        }
        writer.commit(group, &mut |attempt| send(events, attempt));
    }

    /// Sends the events of other programs. Returns whether the database could be reached.
    fn poll(&mut self, was_reachable: bool) -> bool {
        let Self { writer, events, .. } = self;
        loop {
            match writer.take_pending() {
                Ok(None) => return true,
                Ok(Some(attempt)) => {
                    let has_more = attempt.has_more;
                    send(events, attempt);
                    if !has_more {
                        return true;
                    }
                }
                Err(error) => {
                    if was_reachable {
                        tracing::warn!(%error, "the changes of other programs cannot be read; this is repeated");
                    }
                    return false;
                }
            }
        }
    }
}

fn send(events: &mpsc::Sender<Vec<TopicEvent>>, attempt: Attempt) {
    if !attempt.events.is_empty() {
        // Fails if the receiver was dropped; the events are in the log.
        events.blocking_send(attempt.events).ok();
    }
}
