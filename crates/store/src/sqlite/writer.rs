//! The writer: the one thread that writes to the database.
//!
//! A sync of the disk costs about as much as hundreds of inserts. So all waiting writes go into one
//! transaction (a group) and share one sync; the next group gathers during that sync.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use madang_hub::ports::{StoreError, TopicEvent};
use rusqlite::Connection;
use tokio::sync::mpsc;

use super::damage::Damage;
use super::database_lock::DatabaseLock;
use super::durability;
use super::external_changes::ExternalChanges;
use super::file_identity::FileIdentity;
use super::group::{GroupWriter, NoFaults};
use super::size_reports::SizeReports;
use super::stamp::Stamp;
use crate::batch::{self, EVENT_GROUPS, Job, PendingBatch, QUEUE};
use crate::connections::{Apply, WriteResults, only};
use crate::event_stream::{EventSender, EventStream, LogChange};
use crate::rules::WriteInput;

/// The handle to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The lock, the stamp and the checks that protect the database while the writer's connection is open.
#[derive(Debug)]
pub(super) struct DatabaseGuard {
    pub(super) file_identity: FileIdentity,
    pub(super) size_reports: SizeReports,
    pub(super) stamp: Stamp,
    /// Released after the connection is closed.
    pub(super) _lock: DatabaseLock,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        external_changes: ExternalChanges,
        damage: Damage,
        guard: DatabaseGuard,
    ) -> io::Result<(Self, EventStream)> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (events, stream) = EventStream::channel(EVENT_GROUPS);
        let faults = NoFaults;
        let writer = GroupWriter { connection, external_changes, damage, faults };
        let thread = WriterThread { writer, jobs: queue, events, guard };
        let handle = Builder::new().name("sqlite-writer".to_owned()).spawn(|| thread.run())?;
        Ok((Self { jobs, thread: Mutex::new(Some(handle)) }, stream))
    }

    /// Queues a batch at once, before the future is polled, so that the order of the calls is kept. The
    /// batch is applied even if the future is dropped.
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

    /// A function that wakes the thread after a commit of another connection. It returns whether the
    /// queue had a slot.
    pub(super) fn notifier(&self) -> impl Fn() -> bool + Send + 'static {
        let jobs = self.jobs.clone();
        move || jobs.try_send(Job::SendExternalChanges).is_ok()
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
    writer: GroupWriter<NoFaults>,
    jobs: mpsc::Receiver<Job>,
    events: EventSender,
    /// Its lock is released after the connection is closed.
    guard: DatabaseGuard,
}

impl WriterThread {
    fn run(mut self) {
        while let Some(first) = self.jobs.blocking_recv() {
            let mut group = batch::gather(first, &mut self.jobs);
            match self.commit(&mut group) {
                Ok(appended) => {
                    self.send_events(appended);
                    for batch in group {
                        batch.answer(None);
                    }
                }
                Err(group_error) => {
                    for batch in group {
                        batch.answer(Some(&group_error));
                    }
                }
            }
        }
        // If this fails, the next start gives the topics new epochs, which is safe.
        durability::end(&self.writer.connection).ok();
        // Makes the next start faster; a failure has no other effect.
        self.writer.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").ok();
    }

    /// Sends events to the event stream, and records them in the stamp.
    fn send_events(&mut self, appended: Vec<TopicEvent>) {
        let Self { writer, events, guard, .. } = self;
        writer.send_events(appended, |group, source| {
            guard.stamp.record(&group, source);
            // Fails if the receiver was dropped; the events are in the log.
            events.blocking_send(LogChange::Appended(group)).ok();
        });
    }

    /// Commits a group, if the files are still those that were opened.
    fn commit(
        &mut self,
        group: &mut [Box<dyn PendingBatch>],
    ) -> Result<Vec<TopicEvent>, StoreError> {
        if group.is_empty() {
            return Ok(Vec::new());
        }
        let sizes = self.guard.file_identity.check()?;
        self.guard.size_reports.report(sizes);
        self.writer.commit(group)
    }
}
