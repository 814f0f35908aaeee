//! The one thread that writes.
//!
//! A sync of the disk costs about as much as hundreds of inserts, so everything that waits goes into
//! one transaction (a group) and shares one sync; while that sync runs, the next group gathers.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use futures_util::FutureExt;
use madang_hub::ports::{StoreError, TopicEvent};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::outside::Outside;
use super::stop::{Stop, unavailable};
use super::tail_risk;
use super::whereabouts::Whereabouts;
use crate::EventStream;

/// Jobs that may wait; beyond it callers are told at once. Room for every connection of a large
/// server to have one.
const QUEUE: usize = 16 * 1024;
/// Writes in one group. More would not make the sync's share noticeably smaller, but would make the
/// first of them wait longer.
const GROUP: usize = 512;
/// Groups that may wait at the tail.
const TAIL: usize = 1024;

/// Makes one thing inside the group's transaction, and adds the events it appended.
type Apply<I, T> = fn(&Connection, I, &mut Vec<TopicEvent>) -> Result<T, Stop>;

/// The handle to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        outside: Outside,
        whereabouts: Whereabouts,
    ) -> io::Result<(Self, EventStream)> {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let (tail, events) = mpsc::channel(TAIL);
        let thread = Thread { connection, jobs: waiting, tail, outside, whereabouts };
        let handle = Builder::new().name("sqlite-writer".to_owned()).spawn(|| thread.run())?;
        Ok((Self { jobs, thread: Mutex::new(Some(handle)) }, events))
    }

    /// Puts a batch into the queue, before the future is first polled: callers' order is kept. The
    /// batch is made even if the future is dropped.
    pub(super) fn enqueue<I: Send + 'static, T: Send + 'static>(
        &self,
        inputs: Vec<I>,
        apply: Apply<I, T>,
    ) -> impl Future<Output = Vec<Result<T, StoreError>>> + Send + 'static {
        let size = inputs.len();
        let (reply, answer) = oneshot::channel();
        let batch = Batch { size, inputs, results: Vec::with_capacity(size), apply, reply };
        let sent = self.jobs.try_send(Job::Batch(Box::new(batch)));
        async move {
            let trouble = match sent {
                Ok(()) => match answer.await {
                    Ok(results) => return results,
                    Err(_) => "the writer has stopped",
                },
                Err(mpsc::error::TrySendError::Full(_)) => "too many writes are waiting",
                Err(mpsc::error::TrySendError::Closed(_)) => "the writer has stopped",
            };
            let unavailable = || Err(StoreError::Unavailable(trouble.to_owned()));
            std::iter::repeat_with(unavailable).take(size).collect()
        }
    }

    /// A batch of one.
    pub(super) fn enqueue_one<I: Send + 'static, T: Send + 'static>(
        &self,
        input: I,
        apply: Apply<I, T>,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static {
        self.enqueue(vec![input], apply).map(|mut results| {
            let missing = || Err(StoreError::Unavailable("the writer gave no answer".to_owned()));
            results.pop().unwrap_or_else(missing)
        })
    }

    /// A way to tell the thread that others may have changed something; answers whether it was told.
    pub(super) fn look(&self) -> impl Fn() -> bool + Send + 'static {
        let jobs = self.jobs.clone();
        move || jobs.try_send(Job::Look).is_ok()
    }

    /// Lets the thread finish what waits, and waits for its end.
    pub(super) async fn close(&self) {
        // Fails only when the thread has ended, which is what is wanted.
        let _ = self.jobs.send(Job::Close).await;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A thread that ended badly has nothing left to say: its callers have been told.
            let _ = tokio::task::spawn_blocking(|| thread.join()).await;
        }
    }
}

enum Job {
    Batch(Box<dyn Waiting>),
    Look,
    Close,
}

/// A batch of any kind of input, as the thread sees it.
trait Waiting: Send {
    fn size(&self) -> usize;

    /// # Errors
    /// The whole group is lost.
    fn run(&mut self, group: &Connection, appended: &mut Vec<TopicEvent>)
    -> Result<(), StoreError>;

    /// Answers the caller, who may have gone away.
    fn answer(self: Box<Self>, lost: Option<&StoreError>);
}

struct Batch<I, T> {
    size: usize,
    inputs: Vec<I>,
    results: Vec<Result<T, StoreError>>,
    apply: Apply<I, T>,
    reply: oneshot::Sender<Vec<Result<T, StoreError>>>,
}

impl<I: Send, T: Send> Waiting for Batch<I, T> {
    fn size(&self) -> usize {
        self.size
    }

    fn run(
        &mut self,
        group: &Connection,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<(), StoreError> {
        let mut trouble = None;
        for input in std::mem::take(&mut self.inputs) {
            let result = match &trouble {
                Some(trouble) => Err(StoreError::clone(trouble)),
                None => attempt(group, appended, |appended| (self.apply)(group, input, appended))?,
            };
            if let Err(error @ StoreError::Unavailable(_)) = &result {
                trouble = Some(error.clone());
            }
            self.results.push(result);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, lost: Option<&StoreError>) {
        let results = match lost {
            None => self.results,
            Some(error) => {
                std::iter::repeat_with(|| Err(error.clone())).take(self.size()).collect()
            }
        };
        let _ = self.reply.send(results);
    }
}

/// Makes one change, or nothing of it. The outer error loses the group.
fn attempt<T>(
    group: &Connection,
    appended: &mut Vec<TopicEvent>,
    change: impl FnOnce(&mut Vec<TopicEvent>) -> Result<T, Stop>,
) -> Result<Result<T, StoreError>, StoreError> {
    let run = |sql| {
        let done = group.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        done.map_err(|error| unavailable(&error))
    };
    let before = appended.len();
    run("SAVEPOINT change")?;
    match change(appended) {
        Ok(made) => {
            run("RELEASE change")?;
            Ok(Ok(made))
        }
        // After some errors (disk full, input or output, memory) SQLite rolls back by itself, and
        // not to the savepoint but to the beginning.
        Err(stop) if group.is_autocommit() => Err(stop.into()),
        Err(stop) => {
            run("ROLLBACK TO change")?;
            run("RELEASE change")?;
            appended.truncate(before);
            Ok(Err(stop.into()))
        }
    }
}

struct Thread {
    connection: Connection,
    jobs: mpsc::Receiver<Job>,
    tail: mpsc::Sender<Vec<TopicEvent>>,
    outside: Outside,
    whereabouts: Whereabouts,
}

impl Thread {
    fn run(mut self) {
        while let Some(first) = self.jobs.blocking_recv() {
            let mut group = self.gather(first);
            match self.store(&mut group) {
                Ok(appended) => {
                    self.hand_out(appended);
                    for batch in group {
                        batch.answer(None);
                    }
                }
                Err(lost) => {
                    for batch in group {
                        batch.answer(Some(&lost));
                    }
                }
            }
        }
        // The next opening finds out what this could not say: topics begin a new epoch then.
        let _ = tail_risk::end(&self.connection);
        // Only saves the next opening some work, so its failure is no one's trouble.
        let _ = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// Hands to the tail what this thread appended, and then what triggers did, for whomever.
    fn hand_out(&mut self, mut appended: Vec<TopicEvent>) {
        loop {
            if !appended.is_empty() {
                // Without a reader the events are in the log all the same.
                let _ = self.tail.blocking_send(appended);
            }
            appended = self.outside.next(&self.connection);
            if appended.is_empty() {
                return;
            }
        }
    }

    /// Everything that waits, up to a limit.
    fn gather(&mut self, first: Job) -> Vec<Box<dyn Waiting>> {
        let mut group: Vec<Box<dyn Waiting>> = Vec::new();
        let mut size = 0;
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Batch(batch) => {
                    size += batch.size();
                    group.push(batch);
                }
                Job::Look => {}
                // What waits behind this is still made; then the queue is at its end.
                Job::Close => self.jobs.close(),
            }
            next = if size < GROUP { self.jobs.try_recv().ok() } else { None };
        }
        group
    }

    /// One transaction, one sync. After an error none of it has happened, and the connection is
    /// ready for the next group.
    fn store(&mut self, group: &mut [Box<dyn Waiting>]) -> Result<Vec<TopicEvent>, StoreError> {
        if group.is_empty() {
            return Ok(Vec::new());
        }
        self.whereabouts.check()?;
        let immediate = TransactionBehavior::Immediate;
        // Dropped on every way out but the last, and rolled back by that.
        let transaction = self
            .connection
            .transaction_with_behavior(immediate)
            .map_err(|error| unavailable(&error))?;
        self.outside.forget(&transaction).map_err(|error| unavailable(&error))?;
        let mut appended = Vec::new();
        for batch in group {
            batch.run(&transaction, &mut appended)?;
        }
        transaction.commit().map_err(|error| unavailable(&error))?;
        Ok(appended)
    }
}
