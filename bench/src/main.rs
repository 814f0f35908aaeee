//! `madang-bench`: the load laboratory. It measures the cost of a Madang server as a ratio to a baseline server.
//!
//! One module per command: [`load`], [`external`] and [`baseline_server`]. They live in their own workspace, so
//! that a build of Madang does not build them.

mod baseline_server;
mod load;

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use madang_loadgen::output::print_diagnostic;

use self::load::external;

/// Measures a Madang server that it starts itself.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure the processor time, memory and latency of the server, as ratios to the baseline server. Prints
    /// one JSON line per measurement, then a table.
    Load(load::LoadOptions),
    /// Measure the fan-out of any other server that relays texts, as a ratio to the baseline server.
    External(external::ExternalOptions),
    /// Measure several nodes over PostgreSQL and NATS, or check the simulator of `docs/scale.md` against them.
    Nodes(load::nodes::NodesOptions),
    /// Run the baseline server until it is killed.
    Baseline(baseline_server::BaselineOptions),
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome =
        runtime.context("cannot start the async runtime").and_then(|runtime| match command {
            Command::Load(options) => load::run(&runtime, &options),
            Command::External(options) => external::run(&runtime, &options),
            Command::Nodes(options) => load::nodes::run(&runtime, &options),
            Command::Baseline(options) => baseline_server::run(&options),
        });
    outcome.unwrap_or_else(|error| {
        print_diagnostic("madang-bench", format_args!("{error:#}"));
        ExitCode::FAILURE
    })
}
