//! `madang-loadgen`: puts load on a real server, and measures it or judges it.
//!
//! One module per scenario, [`soak_kill`], [`idle`], [`count`] and [`load`], with what they share beside
//! them.

mod count;
mod idle;
mod load;
mod open_files;
mod server;
mod soak_kill;
mod yardstick;

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

/// Puts load on a Madang server that it starts itself, and measures it or judges it.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Debug, Subcommand)]
enum Scenario {
    /// Kill the server under writing users and start it again, many times; then count what was lost,
    /// doubled, or put out of order. Fails unless all of it is 0.
    SoakKill(soak_kill::Options),
    /// Measure the memory that idle connections cost the server.
    Idle(idle::Options),
    /// Let many clients add to the shared number at once. Fails unless it is their exact sum.
    Count(count::Options),
    /// Measure what the server costs and how fast it is, as ratios to the barest program that does the
    /// same. One JSON line for each measurement, then a table.
    Load(load::Options),
    /// Measure the fan-out of any other server that passes texts on, as a ratio to the same program.
    Foreign(load::foreign::Options),
    /// Be that barest program, until killed.
    Yardstick(yardstick::Options),
}

fn main() -> ExitCode {
    let Arguments { scenario } = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.context("cannot start the runtime").and_then(|runtime| match scenario {
        Scenario::SoakKill(options) => runtime.block_on(soak_kill::run(options)),
        Scenario::Idle(options) => runtime.block_on(idle::run(options)),
        Scenario::Count(options) => runtime.block_on(count::run(options)),
        Scenario::Load(options) => load::run(&runtime, &options),
        Scenario::Foreign(options) => load::foreign::run(&runtime, &options),
        Scenario::Yardstick(options) => yardstick::run(&options),
    });
    outcome.unwrap_or_else(|error| {
        complain(&error);
        ExitCode::FAILURE
    })
}

#[expect(
    clippy::print_stderr,
    reason = "the program's one way to say why it could not do its work"
)]
fn complain(error: &anyhow::Error) {
    eprintln!("madang-loadgen: {error:#}");
}

/// A line of the result.
#[expect(clippy::print_stdout, reason = "figures on standard output are what this program is for")]
fn say(line: impl std::fmt::Display) {
    println!("{line}");
}
