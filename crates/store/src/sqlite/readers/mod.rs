//! The threads that read, in parallel with the writer.
//!
//! Waiting reads are executed together: the handover of a read to a thread costs more than the read, and
//! so does a transaction of its own. When a thousand clients reconnect at once, the threads do not
//! sleep in between, and each transaction serves many reads.
//!
//! **Payers take turns.** Each has a queue of its own, and at most one of its reads runs at a time. So a user with
//! many slow reads occupies one thread, and delays another user by the read that runs at most.

mod fair_queue;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use futures_util::FutureExt;
use futures_util::future::{self, Either};
use madang_hub::ports::StoreError;
use madang_shared::UserId;
use rusqlite::Connection;
use tokio::sync::oneshot;

use self::fair_queue::FairQueue;
use super::damage::Damage;
use super::error::StatementError;
use crate::refusals;

/// The maximum number of reads in one transaction: a long transaction keeps the write-ahead log
/// from being emptied.
const GROUP: usize = 64;

/// The user that a read is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadPayer {
    /// A user. The number of its waiting reads is limited.
    User(UserId),
    /// The server itself, or a client before it is known which user it is. The callers limit the number of these
    /// reads: one for each connection.
    Server,
}

/// The handle to the threads.
#[derive(Debug)]
pub(super) struct ReaderPool {
    queue: Arc<FairQueue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    damage: Damage,
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
        payer: ReadPayer,
        read: impl FnOnce(&Connection) -> Result<T, StatementError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        let damage = self.damage.clone();
        let job: Job = Box::new(move |found: Result<&Connection, &StoreError>| {
            if reply.is_closed() {
                return;
            }
            let answer = match found {
                Ok(connection) => read(connection).map_err(|error| damage.store_error(error)),
                Err(error) => Err(error.clone()),
            };
            // The caller may have dropped its future.
            reply.send(answer).ok();
        });
        if self.queue.put(payer, job) {
            Either::Left(answer.map(|answer| answer.unwrap_or_else(|_| Err(closed()))))
        } else {
            Either::Right(future::ready(Err(StoreError::Refused(refusals::too_many_reads()))))
        }
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

/// One of the threads. When the last one ends, even by a panic, the queue is closed, so that no caller
/// waits forever.
struct ReaderThread(Arc<FairQueue>);

impl ReaderThread {
    fn new(queue: &Arc<FairQueue>) -> Self {
        queue.add_thread();
        Self(Arc::clone(queue))
    }

    fn run(self, connection: &Connection, damage: &Damage) {
        while let Some(first) = self.0.wait() {
            let group = first.group;
            // The transaction only reads, so the rollback at its drop is as good as a commit.
            let transaction =
                connection.unchecked_transaction().map_err(|error| damage.unavailable(&error));
            let found = transaction.as_deref();
            let mut read = first;
            for number in 1.. {
                (read.job)(found);
                // The payer may have its next turn.
                drop(read.turn);
                let next = if number < GROUP { self.0.next(group) } else { None };
                let Some(next) = next else { break };
                read = next;
            }
        }
    }
}

impl Drop for ReaderThread {
    fn drop(&mut self) {
        self.0.remove_thread();
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the readers have stopped".to_owned())
}

#[cfg(test)]
mod tests;
