//! The scenario `honest-limits`: honest people in numbers that the default budgets have to allow. Nobody is refused, and
//! nothing is lost.
//!
//! Reading order: [`person`] (one client), [`group`] (people who do the same), [`cases`].

mod cases;
mod group;
mod person;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use madang_loadgen::open_files;
use madang_loadgen::output::{print_diagnostic, print_line};

use self::cases::Case;

/// Command-line options of `honest-limits`.
#[derive(Debug, Args)]
pub(crate) struct HonestLimitsOptions {
    /// The server binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// Clients that come back after a restart of the server.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(20..=15_000))]
    returning: u32,
    /// Only the cases whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// The results of one case.
#[derive(Debug)]
struct CaseResult {
    clients: usize,
    /// Messages that each client has received.
    messages: usize,
    /// From the first connection, or from the restart, until every client has everything.
    duration: Duration,
    /// The first refusal of each client that had one.
    refusals: Vec<String>,
}

/// Runs all cases and prints the table. Fails if anybody was refused, or waits in vain.
pub(crate) async fn run(options: HonestLimitsOptions) -> Result<ExitCode> {
    open_files::allow(2 * u64::from(options.returning))?;
    let all = Case::all(options.returning as usize);
    let is_chosen =
        |case: &&Case| options.only.as_ref().is_none_or(|text| case.name.contains(text.as_str()));
    let chosen: Vec<&Case> = all.iter().filter(is_chosen).collect();
    if chosen.is_empty() {
        bail!("no case has {:?} in its name", options.only.unwrap_or_default());
    }
    print_line("| case | clients | messages to each | seconds | refused |");
    print_line("| --- | --- | --- | --- | --- |");
    let mut is_refused = false;
    for case in chosen {
        let result = case.run(&options.binary).await.context(case.name)?;
        print_line(format_args!(
            "| {} | {} | {} | {:.1} | {} |",
            case.name,
            result.clients,
            result.messages,
            result.duration.as_secs_f64(),
            result.refusals.len()
        ));
        is_refused |= !result.refusals.is_empty();
        if let Some(first) = result.refusals.first() {
            print_diagnostic("honest-limits", format_args!("{}: {first}", case.name));
        }
    }
    Ok(if is_refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
