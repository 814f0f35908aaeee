//! Being told to end. A signal ends a program where it stands, and drops nothing: the servers that it
//! started would go on.

use std::process;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::accounting::children_of;

/// What a shell says of a program that SIGTERM has ended.
const TERMINATED: i32 = 128 + 15;

/// From now on, SIGTERM and SIGINT end (SIGKILL) what this process has started, then the process.
pub(super) fn takes_servers_along(runtime: &Runtime) -> Result<()> {
    let _context = runtime.enter();
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen to signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen to signals")?;
    // It has no end of its own: it waits as long as the process lives.
    runtime.spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        for child in children_of(process::id().into()) {
            let child = i32::try_from(child).ok().and_then(Pid::from_raw);
            // It may have ended by itself.
            let _gone = child.map(|child| kill_process(child, Signal::KILL));
        }
        process::exit(TERMINATED);
    });
    Ok(())
}
