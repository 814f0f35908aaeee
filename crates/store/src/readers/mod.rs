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
use tokio::sync::oneshot;

use self::fair_queue::FairQueue;
use crate::error::StatementError;
use crate::rules::refusals;
use crate::transaction::Transaction;

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

/// A connection that reads.
pub(crate) trait ReadConnection: Send + 'static {
    /// Calls `run` once: in a transaction, which sees one state of the database, or with the error that kept it from
    /// beginning.
    fn in_transaction(&mut self, run: &mut dyn FnMut(Result<&dyn Transaction, &StoreError>));
}

/// The way in which an engine reports its errors. A clone reports to the same place.
pub trait EngineErrors: Clone + Send + Sync + 'static {
    /// A statement's error as the store's.
    fn store_error(&self, error: StatementError) -> StoreError;
}

/// The handle to the threads.
#[derive(Debug)]
pub(crate) struct ReaderPool<E> {
    queue: Arc<FairQueue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    errors: E,
}

/// A read with its reply. Its input is the connection, or the error that keeps it from being read.
type Job = Box<dyn FnOnce(Result<&dyn Transaction, &StoreError>) + Send>;

impl<E: EngineErrors> ReaderPool<E> {
    /// Starts one thread per connection.
    pub(crate) fn start<C: ReadConnection>(
        name: &str,
        connections: Vec<C>,
        errors: E,
    ) -> io::Result<Self> {
        let (queue, mut threads) = (Arc::default(), Vec::new());
        for connection in connections {
            let thread = ReaderThread::new(&queue);
            let handle =
                Builder::new().name(name.to_owned()).spawn(move || thread.run(connection))?;
            threads.push(handle);
        }
        Ok(Self { queue, threads: Mutex::new(threads), errors })
    }

    /// Reads in a transaction, which sees one state of the database, the current or a later one. The
    /// read runs even if the future is not polled. It is skipped if the future was dropped before.
    pub(crate) fn read<T: Send + 'static>(
        &self,
        payer: ReadPayer,
        read: impl FnOnce(&dyn Transaction) -> Result<T, StatementError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        let errors = self.errors.clone();
        let job: Job = Box::new(move |found: Result<&dyn Transaction, &StoreError>| {
            if reply.is_closed() {
                return;
            }
            let answer = match found {
                Ok(transaction) => read(transaction).map_err(|error| errors.store_error(error)),
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
    pub(crate) fn close(&self) {
        self.queue.close();
    }

    /// Waits for the end of the threads after [`Self::close`].
    pub(crate) async fn closed(&self) {
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        // The callers of a thread that panicked have received their errors.
        let join = || threads.into_iter().for_each(|thread| drop(thread.join()));
        tokio::task::spawn_blocking(join).await.ok();
    }
}

impl<E> Drop for ReaderPool<E> {
    fn drop(&mut self) {
        self.queue.close();
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

    fn run(self, mut connection: impl ReadConnection) {
        while let Some(first) = self.0.wait() {
            let group = first.group;
            let mut first = Some(first);
            connection.in_transaction(&mut |found| {
                let mut next = first.take();
                for number in 1.. {
                    let Some(read) = next else { break };
                    (read.job)(found);
                    // The payer may have its next turn.
                    drop(read.turn);
                    next = if number < GROUP { self.0.next(group) } else { None };
                }
            });
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
