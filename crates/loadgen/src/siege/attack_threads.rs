//! The threads of the attacks. They have a low priority, because real attackers use processors of their own: on one
//! machine, an attack would otherwise take the processor time of the server and of the honest user, which no server
//! can prevent.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::BoxFuture;
use rustix::process::setpriority_process;
use tokio::runtime::{Builder, Runtime, RuntimeMetrics};
use tokio::task::JoinHandle;
use tokio::time::interval;

/// The lowest priority (`man 2 setpriority`).
const LOWEST_PRIORITY: i32 = 19;
/// The interval at which the end of an attack is checked.
const CHECK: Duration = Duration::from_millis(20);

/// A runtime for the attacks.
pub(super) struct AttackThreads(Option<Runtime>);

/// An attack under way.
pub(super) struct RunningAttack {
    task: JoinHandle<Result<Infallible>>,
    metrics: RuntimeMetrics,
}

impl AttackThreads {
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .enable_all()
            .thread_name("attack")
            // On Linux, each thread has a priority of its own, and may always lower it.
            .on_thread_start(|| setpriority_process(None, LOWEST_PRIORITY).unwrap_or_default())
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Begins an attack.
    pub(super) fn begin(
        &self,
        attack: BoxFuture<'static, Result<Infallible>>,
    ) -> Result<RunningAttack> {
        let runtime = self.0.as_ref().context("the attacks have ended")?;
        let metrics = runtime.handle().metrics();
        Ok(RunningAttack { task: runtime.spawn(attack), metrics })
    }
}

impl Drop for AttackThreads {
    fn drop(&mut self) {
        // A runtime cannot wait for its threads within another one.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl RunningAttack {
    /// Completes when the attack has failed. Cancel-safe.
    pub(super) async fn failure(&mut self) -> anyhow::Error {
        match (&mut self.task).await {
            Ok(Ok(never)) => match never {},
            Ok(Err(error)) => error.context("the attack failed"),
            Err(error) => anyhow::Error::from(error).context("the attack panicked"),
        }
    }

    /// Ends the attack and all its connections.
    pub(super) async fn end(self) {
        self.task.abort();
        // The result is that of the abortion.
        self.task.await.ok();
        // Each connection is a task, which ends when its thread finds the time.
        let mut ticks = interval(CHECK);
        while self.metrics.num_alive_tasks() > 0 {
            ticks.tick().await;
        }
    }
}
