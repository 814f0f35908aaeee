//! Handling of SIGTERM and SIGINT. A signal ends a program without dropping anything, so the started servers
//! would keep running.

use std::process;

use anyhow::{Context, Result};
use madang_loadgen::cpu_time::children_of;
use rustix::process::{Pid, Signal, kill_process};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

/// The exit status of a program that SIGTERM has ended, as a shell reports it.
const TERMINATED: i32 = 128 + 15;

/// From now on, SIGTERM and SIGINT kill the child processes (SIGKILL) and end this process.
pub(super) fn kill_servers_on_signal(runtime: &Runtime) -> Result<()> {
    let _context = runtime.enter();
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    // The task runs as long as the process.
    runtime.spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        for child in children_of(process::id().into()) {
            if let Some(child) = i32::try_from(child).ok().and_then(Pid::from_raw) {
                // The child may have exited on its own.
                kill_process(child, Signal::KILL).ok();
            }
        }
        process::exit(TERMINATED);
    });
    Ok(())
}
