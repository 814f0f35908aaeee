//! `madang admin`: acts of the operator on the server's own machine.

mod acts;
mod claim_links;
mod command_line;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use madang_hub::ports::{Clock, Store};

use crate::clock::SteadyClock;
use crate::config::{AdminFlags, AdminSettings};
use crate::database::{DATABASE, Database};
use crate::logging;

/// The acts.
#[derive(Debug, Subcommand)]
pub(crate) enum AdminTask {
    /// Print a link for each name that has no password or other way back, so that its owner can claim it. A database file
    /// needs its server to be stopped. Links of an earlier run cannot be used any more.
    ClaimLinks(claim_links::ClaimLinksFlags),
    #[command(flatten)]
    Act(acts::ActTask),
}

/// The parts that an act needs.
struct AdminContext {
    store: Arc<dyn Store>,
    clock: Arc<SteadyClock>,
}

/// Runs an act, and returns the exit code.
pub(crate) fn run(task: AdminTask) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.context("cannot start the runtime").and_then(|runtime| {
        runtime.block_on(async {
            match task {
                AdminTask::ClaimLinks(flags) => claim_links::run(flags).await,
                AdminTask::Act(task) => acts::run(task).await,
            }
        })
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logging::report_fatal(&error);
            ExitCode::FAILURE
        }
    }
}

/// Opens the database, lets `act` use it, and closes it.
async fn with_database(
    flags: AdminFlags,
    act: impl AsyncFnOnce(AdminContext) -> Result<()>,
) -> Result<()> {
    let settings = AdminSettings::load(flags)?;
    if settings.postgres.is_none() && !settings.folder.join(DATABASE).exists() {
        bail!(
            "there is no database in {}; name the data folder with `--data`",
            settings.folder.display()
        );
    }
    let clock = Arc::new(SteadyClock::start());
    let (database, events) = Database::open_for_admin(&settings, clock.now())?;
    // Servers that run read the log by themselves.
    drop(events);
    let outcome = act(AdminContext { store: database.store.clone(), clock }).await;
    database.close().await;
    outcome
}
