//! The handle to the one thread that writes to a database.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use madang_hub::ports::StoreError;
use tokio::sync::mpsc;

use crate::batch::{self, Job, QUEUE};
use crate::connections::{Apply, WriteResults, only};
use crate::rules::WriteInput;

/// The handle to the thread.
#[derive(Debug)]
pub(crate) struct WriterHandle {
    jobs: mpsc::Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl WriterHandle {
    /// Starts the thread. `run` gets the queue of its jobs, and ends with it.
    pub(crate) fn start(
        name: &str,
        run: impl FnOnce(mpsc::Receiver<Job>) + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = Builder::new().name(name.to_owned()).spawn(|| run(queue))?;
        Ok(Self { jobs, thread: Mutex::new(Some(thread)) })
    }

    /// Queues a batch at once, before the future is polled, so that the order of the calls is kept. The
    /// batch is applied even if the future is dropped.
    pub(crate) fn enqueue<I: WriteInput, T: Send + 'static>(
        &self,
        inputs: Vec<I>,
        apply: Apply<I, T>,
    ) -> impl Future<Output = WriteResults<T>> + Send + 'static {
        batch::enqueue(&self.jobs, inputs, apply)
    }

    /// A function that queues a batch of one later, for a write that depends on a read.
    pub(crate) fn deferred<I: WriteInput, T: Send + 'static>(
        &self,
        apply: Apply<I, T>,
    ) -> impl FnOnce(I) -> BoxFuture<'static, Result<T, StoreError>> + Send + 'static {
        let jobs = self.jobs.clone();
        move |input| batch::enqueue(&jobs, vec![input], apply).map(only).boxed()
    }

    /// A function that wakes the thread after a commit of another connection. It returns whether the
    /// queue had a slot.
    pub(crate) fn notifier(&self) -> impl Fn() -> bool + Send + 'static {
        let jobs = self.jobs.clone();
        move || jobs.try_send(Job::SendExternalChanges).is_ok()
    }

    /// Lets the thread finish the waiting jobs, and waits for its end.
    pub(crate) async fn close(&self) {
        // Fails only if the thread has ended already.
        self.jobs.send(Job::Close).await.ok();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The callers of a thread that panicked have received their errors.
            tokio::task::spawn_blocking(|| thread.join().ok()).await.ok();
        }
    }
}
