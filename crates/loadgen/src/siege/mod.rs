//! The scenario `siege`: attacks on a server, each while one honest user posts, connects and reads.
//!
//! Each attack runs against a server of its own, with the default budgets and with few open files. It ends with its
//! time, and all of its connections with it. To add an attack, add a row in [`scenarios`].
//!
//! Reading order: [`measurement`] (one row), [`honest_user`], [`attacker`] and [`scenarios`], [`table`].

mod attack_threads;
mod attacker;
mod endpoint;
mod honest_user;
mod measurement;
mod memory;
mod scale;
mod scenarios;
mod table;
mod web_socket;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use madang_loadgen::open_files;
use madang_loadgen::output::print_diagnostic;

use self::attacker::SourceAddresses;
use self::measurement::Siege;
use self::scale::{FULL, QUICK};
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
    let siege = Siege::new(options.binary, scale)?;
    let quiet = siege.without_attack().await?;
    let mut rows = vec![Row { name: "none".to_owned(), results: vec![quiet] }];
    if chosen.iter().any(|scenario| scenario.is_over_tls) {
        let quiet = siege.without_attack_over_tls().await?;
        rows.push(Row { name: "none, over TLS".to_owned(), results: vec![quiet] });
    }
    for scenario in chosen {
        let one = (!options.quick).then(|| ("one address", SourceAddresses::one()));
        let mut results = Vec::new();
        for (sources, addresses) in one.into_iter().chain([("many", SourceAddresses::many())]) {
            let name = format!("{}, {sources}", scenario.name);
            print_diagnostic("siege", &name);
            results.push(siege.under_attack(scenario, addresses).await.context(name)?);
        }
        rows.push(Row { name: scenario.name.to_owned(), results });
    }
    table::print(&rows);
    let failures = table::failures(&rows, options.quick);
    for failure in &failures {
        print_diagnostic("siege", failure);
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
