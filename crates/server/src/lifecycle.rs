//! Stopping: in two phases, with a verdict. (The habit is that of matrix-authentication-service's
//! `lifecycle`.)
//!
//! A first signal drains: nothing new is taken, connections finish what they were asked and are told
//! to come back, spread over time. A second signal, or the deadline, forces. The exit code says
//! which it was. A task that ends by itself, unasked, is a failure too.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Everything ended as it should.
const CLEAN: u8 = 0;
/// A task ended by itself.
const FAILED: u8 = 1;
/// Something had to be torn off.
const FORCED: u8 = 3;

/// The tasks of the process, and the wish that they end.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    stopping: CancellationToken,
    failed: CancellationToken,
    tasks: TaskTracker,
    terminate: Signal,
    interrupt: Signal,
}

impl Lifecycle {
    /// Listens for signals from now on.
    ///
    /// # Errors
    /// If the system does not let us.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            stopping: CancellationToken::new(),
            failed: CancellationToken::new(),
            tasks: TaskTracker::new(),
            terminate: signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?,
        })
    }

    /// Cancelled when the process begins to stop.
    pub(crate) fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Everything that the process waits for.
    pub(crate) fn tasks(&self) -> TaskTracker {
        self.tasks.clone()
    }

    /// Runs a task that is waited for; it must not end before the process begins to stop.
    pub(crate) fn spawn(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<()>> + Send + 'static,
    ) {
        self.tasks.spawn(self.watch(name, task));
    }

    /// Runs a task that the others need to the last, so that nobody waits for it; it must not end
    /// before the process begins to stop.
    pub(crate) fn accompany(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<()>> + Send + 'static,
    ) {
        tokio::spawn(self.watch(name, task));
    }

    fn watch<T>(&self, name: &'static str, task: T) -> impl Future<Output = ()> + Send + use<T>
    where
        T: Future<Output = Result<()>> + Send + 'static,
    {
        let (stopping, failed) = (self.stopping.clone(), self.failed.clone());
        // On a task of its own, so that a panic in it arrives here as an error.
        let running = tokio::spawn(task);
        async move {
            let outcome = running.await;
            match outcome {
                Ok(Ok(())) if stopping.is_cancelled() => return tracing::debug!(name, "ended"),
                Ok(Ok(())) => tracing::error!(name, "ended by itself"),
                Ok(Err(error)) => tracing::error!(name, error = format!("{error:#}"), "failed"),
                Err(error) => tracing::error!(name, %error, "died"),
            }
            failed.cancel();
        }
    }

    /// Waits for a reason to stop, then for everything to end.
    pub(crate) async fn run(mut self, stop_within: Duration) -> ExitCode {
        tokio::select! {
            _ = self.terminate.recv() => tracing::info!("SIGTERM: stopping; once more to stop at once"),
            _ = self.interrupt.recv() => tracing::info!("interrupted: stopping; once more to stop at once"),
            () = self.failed.cancelled() => tracing::error!("a task is gone: stopping"),
        }
        self.stopping.cancel();
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => {}
            _ = self.terminate.recv() => return self.forced(self.tasks.len(), "a second signal"),
            _ = self.interrupt.recv() => return self.forced(self.tasks.len(), "a second signal"),
            () = tokio::time::sleep(stop_within) => return self.forced(self.tasks.len(), "the deadline"),
        }
        if self.failed.is_cancelled() {
            tracing::error!("stopped after a failure");
            return ExitCode::from(FAILED);
        }
        tracing::info!("stopped; everything ended as it should");
        ExitCode::from(CLEAN)
    }

    fn forced(&self, tasks: usize, by: &str) -> ExitCode {
        tracing::warn!(tasks, by, "stopped by force; acknowledged messages are safe");
        ExitCode::from(if self.failed.is_cancelled() { FAILED } else { FORCED })
    }
}
