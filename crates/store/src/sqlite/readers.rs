//! The threads that read, in parallel with the writer.
//!
//! Waiting reads are executed together: the handover of a read to a thread costs more than the read, and
//! so does a transaction of its own. When a thousand clients reconnect at once, the threads do not
//! sleep in between, and each transaction serves many reads.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use madang_hub::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::damage::Damage;
use super::error::StatementError;

/// The maximum number of reads in one transaction: a long transaction keeps the write-ahead log
/// from being emptied.
const GROUP: usize = 64;

/// The handle to the threads.
#[derive(Debug)]
pub(super) struct ReaderPool {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    damage: Damage,
}

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Default)]
struct QueueState {
    waiting: VecDeque<Job>,
    /// Threads that wait for a job.
    idle: usize,
    /// All threads.
    threads: usize,
    closed: bool,
}

/// A read with its reply. Its input is the connection, or the error that keeps it from being read.
type Job = Box<dyn FnOnce(Result<&Connection, &StoreError>) + Send>;

impl ReaderPool {
    /// Starts one thread per connection.
    pub(super) fn start(connections: Vec<Connection>, damage: Damage) -> io::Result<Self> {
        let (queue, mut threads) = (Arc::default(), Vec::new());
        for connection in connections {
            let thread = ReaderThread::new(&queue);
            let damage = damage.clone();
            let handle = Builder::new()
                .name("sqlite-reader".to_owned())
                .spawn(move || thread.run(&connection, &damage))?;
            threads.push(handle);
        }
        Ok(Self { queue, threads: Mutex::new(threads), damage })
    }

    /// Reads in a transaction, which sees one state of the database, the current or a later one. The
    /// read runs even if the future is not polled. It is skipped if the future was dropped before.
    pub(super) fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StatementError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        let damage = self.damage.clone();
        self.queue.put(Box::new(move |found: Result<&Connection, &StoreError>| {
            if reply.is_closed() {
                return;
            }
            let answer = match found {
                Ok(connection) => read(connection).map_err(|error| damage.store_error(error)),
                Err(error) => Err(error.clone()),
            };
            // The caller may have dropped its future.
            reply.send(answer).ok();
        }));
        async move { answer.await.unwrap_or_else(|_| Err(closed())) }
    }

    /// Refuses waiting and later reads. The threads end and close their connections.
    pub(super) fn close(&self) {
        self.queue.close();
    }

    /// Waits for the end of the threads after [`Self::close`].
    pub(super) async fn closed(&self) {
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        // The callers of a thread that panicked have received their errors.
        let join = || threads.into_iter().for_each(|thread| drop(thread.join()));
        tokio::task::spawn_blocking(join).await.ok();
    }
}

impl Drop for ReaderPool {
    fn drop(&mut self) {
        self.close();
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, QueueState> {
        // The code under the lock does not panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a job. Dropping a job answers its caller with an error.
    fn put(&self, job: Job) {
        let mut state = self.state();
        if state.closed {
            return;
        }
        state.waiting.push_back(job);
        // A running thread takes further jobs before it sleeps.
        let wake = state.idle > 0;
        drop(state);
        if wake {
            self.changed.notify_one();
        }
    }

    /// Waits for jobs, and takes this thread's share of them; `None` after the queue was closed.
    fn take(&self) -> Option<Vec<Job>> {
        let mut state = self.state();
        while state.waiting.is_empty() && !state.closed {
            state.idle += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
        if state.closed {
            return None;
        }
        let share = state.waiting.len().div_ceil(state.threads.max(1)).min(GROUP);
        Some(state.waiting.drain(..share).collect())
    }

    fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let refused = std::mem::take(&mut state.waiting);
        drop(state);
        drop(refused);
        self.changed.notify_all();
    }
}

/// One of the threads. When the last one ends, even by a panic, the queue is closed, so that no caller
/// waits forever.
struct ReaderThread(Arc<Queue>);

impl ReaderThread {
    fn new(queue: &Arc<Queue>) -> Self {
        queue.state().threads += 1;
        Self(Arc::clone(queue))
    }

    fn run(self, connection: &Connection, damage: &Damage) {
        while let Some(jobs) = self.0.take() {
            // The transaction only reads, so the rollback at its drop is as good as a commit.
            match connection.unchecked_transaction() {
                Ok(transaction) => {
                    for job in jobs {
                        job(Ok(&transaction));
                    }
                }
                Err(error) => {
                    let error = damage.unavailable(&error);
                    for job in jobs {
                        job(Err(&error));
                    }
                }
            }
        }
    }
}

impl Drop for ReaderThread {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.threads -= 1;
        let was_last = state.threads == 0;
        drop(state);
        if was_last {
            self.0.close();
        }
    }
}

impl std::fmt::Debug for QueueState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueueState")
            .field("waiting", &self.waiting.len())
            .field("threads", &self.threads)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the readers have stopped".to_owned())
}
