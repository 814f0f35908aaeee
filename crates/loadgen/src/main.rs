//! `madang-loadgen`: scenarios that put load on a real server and check it.
//!
//! One module per scenario: [`soak_kill`], [`soak_cluster`], [`move_drill`], [`idle`], [`count`], [`siege`],
//! [`honest_limits`] and [`sign_in_latency`].

mod count;
mod honest_limits;
mod idle;
mod move_drill;
mod room;
mod siege;
mod sign_in_latency;
mod soak_cluster;
mod soak_kill;
mod verdict;

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use madang_loadgen::output::print_diagnostic;

/// Starts a Madang server, puts load on it, and checks or measures it.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Debug, Subcommand)]
enum Scenario {
    /// Kill the server under load and restart it, many times; then count lost, doubled and reordered
    /// messages. Fails unless all three counts are 0.
    SoakKill(soak_kill::SoakKillOptions),
    /// Move the database to PostgreSQL and back under clients that write; then count lost, doubled and reordered
    /// messages, and clients that did not resume. Fails unless all are 0.
    MoveDrill(move_drill::MoveDrillOptions),
    /// Disturb a cluster of three nodes, PostgreSQL and NATS under load, many times; then count lost, doubled and
    /// reordered messages. Fails unless all three counts are 0.
    SoakCluster(soak_cluster::SoakClusterOptions),
    /// Measure the memory that idle connections cost the server.
    Idle(idle::IdleOptions),
    /// Let many clients add to the shared number at the same time. Fails unless the number is the exact
    /// sum.
    Count(count::CountOptions),
    /// Attack the server in many ways while one honest user posts, connects and reads. Fails if the
    /// honest user is refused or slowed down, or the server's memory grows.
    Siege(siege::SiegeOptions),
    /// Let many honest people work at once: an office behind one address, a class that signs up, ten tabs of one
    /// person, and all clients after a restart. Fails if anybody is refused, or misses a message.
    HonestLimits(honest_limits::HonestLimitsOptions),
    /// Measure sign-ins with wrong passwords, for names that exist and names that do not, and messages while many people
    /// sign in.
    SignInLatency(sign_in_latency::SignInLatencyOptions),
}

fn main() -> ExitCode {
    let Arguments { scenario } = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.context("cannot start the async runtime").and_then(|runtime| {
        runtime.block_on(async {
            match scenario {
                Scenario::SoakKill(options) => soak_kill::run(options).await,
                Scenario::MoveDrill(options) => move_drill::run(options).await,
                Scenario::SoakCluster(options) => soak_cluster::run(options).await,
                Scenario::Idle(options) => idle::run(options).await,
                Scenario::Count(options) => count::run(options).await,
                Scenario::Siege(options) => siege::run(options).await,
                Scenario::HonestLimits(options) => honest_limits::run(options).await,
                Scenario::SignInLatency(options) => sign_in_latency::run(options).await,
            }
        })
    });
    outcome.unwrap_or_else(|error| {
        print_diagnostic("madang-loadgen", format_args!("{error:#}"));
        ExitCode::FAILURE
    })
}
