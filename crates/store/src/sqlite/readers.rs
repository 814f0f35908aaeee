//! Threads that read, beside the writer.
//!
//! What waits is read together, as it is written together: handing one question to a thread and its answer
//! back costs more than the question, and so does a transaction of its own. When a thousand clients come
//! back at once, the threads do not sleep in between, and each transaction serves many.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use madang_hub::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::stop::{Stop, unavailable};

/// Reads in one transaction at most: one that holds on for long keeps the write-ahead log from being
/// emptied.
const GROUP: usize = 64;

/// The queue that all threads read from.
#[derive(Debug)]
pub(super) struct Readers(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// Threads that wait for a job.
    idle: usize,
    /// Threads there are.
    threads: usize,
    closed: bool,
}

/// A read and its answer, as the threads see it: told why nothing can be read, or on what.
type Job = Box<dyn FnOnce(Result<&Connection, &StoreError>) + Send>;

impl Readers {
    /// A thread for each connection.
    pub(super) fn start(connections: Vec<Connection>) -> io::Result<Self> {
        let readers = Self(Arc::default());
        for connection in connections {
            let thread = Thread::of(&readers.0);
            Builder::new()
                .name("sqlite-reader".to_owned())
                .spawn(move || thread.run(&connection))?;
        }
        Ok(readers)
    }

    /// Reads in a transaction, which sees one state of the database: that of now or a later one. The
    /// answer is made whether or not the future is polled; if it is dropped before its turn, nothing is
    /// read.
    pub(super) fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Stop> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        self.0.put(Box::new(move |found: Result<&Connection, &StoreError>| {
            if reply.is_closed() {
                return;
            }
            let answer = match found {
                Ok(connection) => read(connection).map_err(StoreError::from),
                Err(error) => Err(error.clone()),
            };
            // The caller may have gone meanwhile.
            let _heard = reply.send(answer).is_ok();
        }));
        async move { answer.await.unwrap_or_else(|_| Err(stopped())) }
    }

    /// Refuses what waits and what comes later, and lets the threads end and close their connections.
    pub(super) fn close(&self) {
        self.0.close();
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.close();
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds this.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job that is not taken is dropped, and its caller told by that.
    fn put(&self, job: Job) {
        let mut state = self.state();
        if state.closed {
            return;
        }
        state.waiting.push_back(job);
        // Whoever is awake looks for more before it sleeps.
        let wake = state.idle > 0;
        drop(state);
        if wake {
            self.changed.notify_one();
        }
    }

    /// Waits for jobs, and takes this thread's share of them; none once it is closed.
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

/// One of the threads. However it ends, those who wait are not left waiting for nobody.
struct Thread(Arc<Queue>);

impl Thread {
    fn of(queue: &Arc<Queue>) -> Self {
        queue.state().threads += 1;
        Self(Arc::clone(queue))
    }

    fn run(self, connection: &Connection) {
        while let Some(jobs) = self.0.take() {
            // Nothing was changed, so that its rollback when it is dropped is as good as a commit.
            match connection.unchecked_transaction() {
                Ok(transaction) => {
                    for job in jobs {
                        job(Ok(&transaction));
                    }
                }
                Err(error) => {
                    let error = unavailable(&error);
                    for job in jobs {
                        job(Err(&error));
                    }
                }
            }
        }
    }
}

impl Drop for Thread {
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

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("waiting", &self.waiting.len())
            .field("threads", &self.threads)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the readers have stopped".to_owned())
}
