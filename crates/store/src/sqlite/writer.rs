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
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::damage::Damage;
use super::database_lock::DatabaseLock;
use super::durability;
use super::error::StatementError;
use super::external_changes::ExternalChanges;
use super::file_identity::FileIdentity;
use super::size_reports::SizeReports;
use super::stamp::{EventSource, Stamp};
use crate::event_stream::EventStream;

/// The maximum number of waiting jobs: enough for one of every connection of a large server. Further
/// callers get an error at once.
const QUEUE: usize = 16 * 1024;
/// The maximum number of writes in one group. A larger group would hardly reduce the share of the sync,
/// but would delay its first writes.
const GROUP: usize = 512;
/// The maximum number of groups that wait in the event stream.
const EVENT_GROUPS: usize = 1024;

/// Applies one input inside the transaction of the group, and adds the events that it appended.
type Apply<I, T> = fn(&Connection, I, &mut Vec<TopicEvent>) -> Result<T, StatementError>;

/// The handle to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
    damage: Damage,
}

/// The lock, the stamp and the checks that protect the database while the writer's connection is open.
#[derive(Debug)]
pub(super) struct DatabaseGuard {
    pub(super) file_identity: FileIdentity,
    pub(super) size_reports: SizeReports,
    pub(super) stamp: Stamp,
    pub(super) damage: Damage,
    /// Released after the connection is closed.
    pub(super) _lock: DatabaseLock,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        external_changes: ExternalChanges,
        guard: DatabaseGuard,
    ) -> io::Result<(Self, EventStream)> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (events, stream) = mpsc::channel(EVENT_GROUPS);
        let damage = guard.damage.clone();
        let thread = WriterThread { connection, jobs: queue, events, external_changes, guard };
        let handle = Builder::new().name("sqlite-writer".to_owned()).spawn(|| thread.run())?;
        Ok((Self { jobs, thread: Mutex::new(Some(handle)), damage }, stream))
    }

    /// Queues a batch at once, before the future is polled, so that the order of the calls is kept. The
    /// batch is applied even if the future is dropped.
    pub(super) fn enqueue<I: Send + 'static, T: Send + 'static>(
        &self,
        inputs: Vec<I>,
        apply: Apply<I, T>,
    ) -> impl Future<Output = Vec<Result<T, StoreError>>> + Send + 'static {
        enqueue(&self.jobs, &self.damage, inputs, apply)
    }

    /// Queues a batch of one.
    pub(super) fn enqueue_one<I: Send + 'static, T: Send + 'static>(
        &self,
        input: I,
        apply: Apply<I, T>,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static {
        enqueue(&self.jobs, &self.damage, vec![input], apply).map(only)
    }

    /// A function that queues a batch of one later, for a write that depends on a read.
    pub(super) fn deferred<I: Send + 'static, T: Send + 'static>(
        &self,
        apply: Apply<I, T>,
    ) -> impl FnOnce(I) -> BoxFuture<'static, Result<T, StoreError>> + Send + 'static {
        let (jobs, damage) = (self.jobs.clone(), self.damage.clone());
        move |input| enqueue(&jobs, &damage, vec![input], apply).map(only).boxed()
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

fn enqueue<I: Send + 'static, T: Send + 'static>(
    jobs: &mpsc::Sender<Job>,
    damage: &Damage,
    inputs: Vec<I>,
    apply: Apply<I, T>,
) -> impl Future<Output = Vec<Result<T, StoreError>>> + Send + use<I, T> {
    let size = inputs.len();
    let (reply, answer) = oneshot::channel();
    let (results, damage) = (Vec::with_capacity(size), damage.clone());
    let batch = Batch { size, inputs, results, apply, reply, damage };
    let queued = jobs.try_send(Job::Batch(Box::new(batch)));
    async move {
        let error = match queued {
            Ok(()) => match answer.await {
                Ok(results) => return results,
                Err(_) => "the writer has stopped",
            },
            Err(mpsc::error::TrySendError::Full(_)) => "too many writes are waiting",
            Err(mpsc::error::TrySendError::Closed(_)) => "the writer has stopped",
        };
        let unavailable = || Err(StoreError::Unavailable(error.to_owned()));
        std::iter::repeat_with(unavailable).take(size).collect()
    }
}

/// The result of a batch of one.
fn only<T>(mut results: Vec<Result<T, StoreError>>) -> Result<T, StoreError> {
    let missing = || Err(StoreError::Unavailable("the writer gave no answer".to_owned()));
    results.pop().unwrap_or_else(missing)
}

enum Job {
    Batch(Box<dyn PendingBatch>),
    SendExternalChanges,
    Close,
}

/// A batch with any type of input.
trait PendingBatch: Send {
    fn size(&self) -> usize;

    /// Applies the inputs in order.
    ///
    /// # Errors
    /// The whole group is rolled back.
    fn apply(
        &mut self,
        group: &Connection,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<(), StoreError>;

    /// Answers the caller: with the results, or with the error that rolled the group back.
    fn answer(self: Box<Self>, group_error: Option<&StoreError>);
}

struct Batch<I, T> {
    size: usize,
    inputs: Vec<I>,
    results: Vec<Result<T, StoreError>>,
    apply: Apply<I, T>,
    reply: oneshot::Sender<Vec<Result<T, StoreError>>>,
    damage: Damage,
}

impl<I: Send, T: Send> PendingBatch for Batch<I, T> {
    fn size(&self) -> usize {
        self.size
    }

    fn apply(
        &mut self,
        group: &Connection,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<(), StoreError> {
        let mut unavailable = None;
        for input in std::mem::take(&mut self.inputs) {
            let result = match &unavailable {
                Some(error) => Err(StoreError::clone(error)),
                None => in_savepoint(group, appended, &self.damage, |appended| {
                    (self.apply)(group, input, appended)
                })?,
            };
            if let Err(error @ StoreError::Unavailable(_)) = &result {
                unavailable = Some(error.clone());
            }
            self.results.push(result);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, group_error: Option<&StoreError>) {
        let results = match group_error {
            None => self.results,
            Some(error) => {
                std::iter::repeat_with(|| Err(error.clone())).take(self.size()).collect()
            }
        };
        // The caller may have dropped its future.
        self.reply.send(results).ok();
    }
}

/// Applies one change completely or not at all. The outer error rolls the whole group back.
fn in_savepoint<T>(
    group: &Connection,
    appended: &mut Vec<TopicEvent>,
    damage: &Damage,
    change: impl FnOnce(&mut Vec<TopicEvent>) -> Result<T, StatementError>,
) -> Result<Result<T, StoreError>, StoreError> {
    let run = |sql| {
        let done = group.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        done.map_err(|error| damage.unavailable(&error))
    };
    let before = appended.len();
    run("SAVEPOINT change")?;
    match change(appended) {
        Ok(result) => {
            run("RELEASE change")?;
            Ok(Ok(result))
        }
        // After some errors (disk full, I/O error, out of memory) SQLite rolls back the whole
        // transaction by itself, not only to the savepoint.
        Err(error) if group.is_autocommit() => Err(damage.store_error(error)),
        Err(error) => {
            run("ROLLBACK TO change")?;
            run("RELEASE change")?;
            appended.truncate(before);
            Ok(Err(damage.store_error(error)))
        }
    }
}

struct WriterThread {
    connection: Connection,
    jobs: mpsc::Receiver<Job>,
    events: mpsc::Sender<Vec<TopicEvent>>,
    external_changes: ExternalChanges,
    guard: DatabaseGuard,
}

impl WriterThread {
    fn run(mut self) {
        while let Some(first) = self.jobs.blocking_recv() {
            let mut group = self.gather(first);
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
        durability::end(&self.connection).ok();
        // Makes the next start faster; a failure has no other effect.
        self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").ok();
    }

    /// Sends the events that features appended, and then the events that triggers appended.
    fn send_events(&mut self, mut appended: Vec<TopicEvent>) {
        self.external_changes.find_commits(&self.connection);
        let mut source = EventSource::Own;
        loop {
            if !appended.is_empty() {
                self.guard.stamp.record(&appended, source);
                // Fails if the receiver was dropped; the events are in the log.
                self.events.blocking_send(appended).ok();
            }
            source = EventSource::Trigger;
            appended = self.external_changes.next(&self.connection, &self.guard.damage);
            if appended.is_empty() {
                return;
            }
        }
    }

    /// The waiting batches, up to the limit of a group.
    fn gather(&mut self, first: Job) -> Vec<Box<dyn PendingBatch>> {
        let mut group: Vec<Box<dyn PendingBatch>> = Vec::new();
        let mut size = 0;
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Batch(batch) => {
                    size += batch.size();
                    group.push(batch);
                }
                // Nothing to do: the thread sends external changes after every group.
                Job::SendExternalChanges => {}
                // Jobs that are queued already are still received; later ones are refused.
                Job::Close => self.jobs.close(),
            }
            next = if size < GROUP { self.jobs.try_recv().ok() } else { None };
        }
        group
    }

    /// Commits a group: one transaction, one sync. After an error nothing of the group was applied, and
    /// the connection is ready for the next group.
    fn commit(
        &mut self,
        group: &mut [Box<dyn PendingBatch>],
    ) -> Result<Vec<TopicEvent>, StoreError> {
        if group.is_empty() {
            return Ok(Vec::new());
        }
        let sizes = self.guard.file_identity.check()?;
        self.guard.size_reports.report(sizes);
        let damage = &self.guard.damage;
        let immediate = TransactionBehavior::Immediate;
        // An early return drops the transaction, which rolls it back.
        let unavailable = |error| damage.unavailable(&error);
        let transaction =
            self.connection.transaction_with_behavior(immediate).map_err(unavailable)?;
        self.external_changes.remove_sent(&transaction).map_err(unavailable)?;
        let mut appended = Vec::new();
        for batch in group {
            batch.apply(&transaction, &mut appended)?;
        }
        transaction.commit().map_err(unavailable)?;
        Ok(appended)
    }
}
