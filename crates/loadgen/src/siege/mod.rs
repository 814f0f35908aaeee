//! The scenario `siege`: attacks on a server, each while one honest user posts, connects and reads.
//!
//! Each attack runs against a server of its own, with the default budgets and with few open files. It ends with its
//! time, and all of its connections with it. To add an attack, add a row in [`scenarios`].

mod attacker;
mod honest_user;
mod memory;
mod scale;
mod scenarios;
mod table;
mod web_socket;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use madang_loadgen::output::print_diagnostic;
use madang_loadgen::{ProcessMemory, ServerCommand, open_files};
use tokio::time::timeout;

use self::attacker::{Attacker, SourceAddresses};
use self::honest_user::HonestUser;
use self::memory::PeakMemory;
use self::scale::{FULL, QUICK, Scale};
use self::scenarios::Scenario;
use self::table::Row;

/// Command-line options of `siege`.
#[derive(Debug, Args)]
pub(crate) struct SiegeOptions {
    /// The server binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// Attack for half a second each, from many addresses, with few connections and without a bound on the speed: a
    /// test of the siege itself.
    #[arg(long)]
    quick: bool,
    /// Only the attacks whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// Limit for the parts of a row that are no attack.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// Runs all attacks and prints the table. Fails if the honest user was refused, or a bound is exceeded.
pub(crate) async fn run(options: SiegeOptions) -> Result<ExitCode> {
    let scale = if options.quick { QUICK } else { FULL };
    open_files::allow(2 * scale.connections as u64)?;
    let wanted = |scenario: &&Scenario| {
        options.only.as_ref().is_none_or(|text| scenario.name.contains(text.as_str()))
    };
    let all = scenarios::all();
    let chosen: Vec<&Scenario> = all.iter().filter(wanted).collect();
    if chosen.is_empty() {
        bail!("no attack has {:?} in its name", options.only.unwrap_or_default());
    }
    let mut rows = vec![row("quiet", &options.binary, scale, None).await?];
    for scenario in chosen {
        let one = (!options.quick).then(|| ("one address", SourceAddresses::one()));
        for (sources, addresses) in one.into_iter().chain([("many", SourceAddresses::many())]) {
            let name = format!("{}, {sources}", scenario.name);
            print_diagnostic("siege", &name);
            let attack = Some((scenario, addresses));
            rows.push(row(&name, &options.binary, scale, attack).await.context(name)?);
        }
    }
    table::print(&rows);
    let failures = table::failures(&rows, options.quick);
    for failure in &failures {
        print_diagnostic("siege", failure);
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the honest user on a new server, with or without an attack.
async fn row(
    name: &str,
    binary: &Path,
    scale: Scale,
    attack: Option<(&Scenario, SourceAddresses)>,
) -> Result<Row> {
    let folder = tempfile::Builder::new().prefix("madang-siege-").tempdir()?;
    let command = ServerCommand::madang_with_default_budgets(binary, folder.path())?
        .with_open_files(scale.open_files);
    let server = command.start().await?;
    let memory = PeakMemory::watch(server.id()?);
    let honest = HonestUser::sign_up(command.address()).await?;
    let http = reqwest::Client::new();
    let acts = match attack {
        None => honest.act(scale.attack).await,
        Some((scenario, addresses)) => {
            let attacker = Attacker::new(command.address(), addresses, scale, http).await?;
            let attack = (scenario.run)(attacker);
            tokio::select! {
                acts = honest.act(scale.attack) => acts,
                ended = attack => match ended {
                    Ok(never) => match never {},
                    Err(error) => return Err(error.context("the attack failed")),
                },
            }
        }
    };
    tokio::time::sleep(scale.recovery).await;
    let after = ProcessMemory::of(server.id()?)?.resident;
    let row = Row { name: name.to_owned(), acts, peak_kib: memory.peak(), after_kib: after };
    drop(memory);
    let status = timeout(TIME_LIMIT, server.stop()).await.context("the server does not stop")??;
    if !status.success() {
        bail!("the server exited with an error: {status}");
    }
    Ok(row)
}
