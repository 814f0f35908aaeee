//! Two-phase shutdown with an exit code. (After the habit of matrix-authentication-service,
//! `lifecycle`.)
//!
//! The first signal drains: no new connections are accepted, connections finish their requests, and
//! clients are told to reconnect, spread over time. A second signal, or the shutdown timeout,
//! forces the end. The exit code tells them apart. A task that ends by itself is a failure too.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A graceful stop.
const CLEAN: u8 = 0;
/// A task ended by itself.
const FAILED: u8 = 1;
/// A forced stop.
const FORCED: u8 = 3;

/// The tasks of the process, and the tokens that stop them.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    stopping: CancellationToken,
    failed: CancellationToken,
    tasks: TaskTracker,
    terminate: Signal,
    interrupt: Signal,
}

impl Lifecycle {
    /// Registers for signals.
    ///
    /// # Errors
    /// If the system refuses the registration.
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

    /// The tasks that a stop waits for.
    pub(crate) fn tasks(&self) -> TaskTracker {
        self.tasks.clone()
    }

    /// Runs a task that a stop waits for. It must not end before the stop begins.
    pub(crate) fn spawn(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<()>> + Send + 'static,
    ) {
        self.tasks.spawn(self.supervise(name, task));
    }

    /// Runs a task that others need until they have ended, so a stop does not wait for it. It must
    /// not end before the stop begins.
    pub(crate) fn spawn_background(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<()>> + Send + 'static,
    ) {
        tokio::spawn(self.supervise(name, task));
    }

    fn supervise<T>(&self, name: &'static str, task: T) -> impl Future<Output = ()> + Send + use<T>
    where
        T: Future<Output = Result<()>> + Send + 'static,
    {
        let (stopping, failed) = (self.stopping.clone(), self.failed.clone());
        // On its own task, so that a panic arrives here as an error.
        let running = tokio::spawn(task);
        async move {
            let outcome = running.await;
            match outcome {
                Ok(Ok(())) if stopping.is_cancelled() => {
                    return tracing::debug!(name, "the task ended");
                }
                Ok(Ok(())) => tracing::error!(name, "the task ended by itself"),
                Ok(Err(error)) => {
                    tracing::error!(name, error = format!("{error:#}"), "the task failed");
                }
                Err(error) => tracing::error!(name, %error, "the task panicked"),
            }
            failed.cancel();
        }
    }

    /// Waits for a signal or a failure, then for all tasks.
    pub(crate) async fn run(mut self, shutdown_timeout: Duration) -> ExitCode {
        tokio::select! {
            _ = self.terminate.recv() => tracing::info!("SIGTERM: stopping; send it again to stop at once"),
            _ = self.interrupt.recv() => tracing::info!("SIGINT: stopping; send it again to stop at once"),
            () = self.failed.cancelled() => tracing::error!("a task ended: stopping"),
        }
        self.stopping.cancel();
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => {}
            _ = self.terminate.recv() => return self.forced(self.tasks.len(), "a second signal"),
            _ = self.interrupt.recv() => return self.forced(self.tasks.len(), "a second signal"),
            () = tokio::time::sleep(shutdown_timeout) => return self.forced(self.tasks.len(), "the shutdown timeout"),
        }
        if self.failed.is_cancelled() {
            tracing::error!("stopped after a failure");
            return ExitCode::from(FAILED);
        }
        tracing::info!("stopped gracefully");
        ExitCode::from(CLEAN)
    }

    fn forced(&self, tasks: usize, by: &str) -> ExitCode {
        tracing::warn!(tasks, by, "stopped by force; acknowledged messages are stored");
        ExitCode::from(if self.failed.is_cancelled() { FAILED } else { FORCED })
    }
}
