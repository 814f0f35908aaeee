//! Several nodes over one PostgreSQL database, connected by NATS: the cost and the delay of the way from one node to
//! another.
//!
//! Reading order: [`cluster`] and [`usage`] (the processes and their costs), [`bus_observer`] (messages between
//! nodes), [`rooms`] (the load); then the measurements: [`latency`], [`costs`] and [`check`].

mod bus_observer;
mod check;
mod cluster;
mod costs;
mod latency;
mod rooms;
mod usage;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use madang_loadgen::open_files;
use tokio::runtime::Runtime;

use super::environment::Environment;
use super::shutdown;

/// Connections of the largest measurement.
const MAX_CONNECTIONS: u64 = 4_000;

/// Command-line options of `nodes`.
#[derive(Debug, Args)]
pub(crate) struct NodesOptions {
    /// The measurement.
    #[arg(value_enum)]
    measurement: Measurement,
    /// The server binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// Run shorter and smaller measurements. They test the laboratory; their figures mean little.
    #[arg(long)]
    quick: bool,
    /// Write the measured constants of the simulator into their file.
    #[arg(long)]
    write: bool,
    /// The file with the inputs of the simulator.
    #[arg(long, value_name = "FILE", default_value = "bench/scale.json")]
    constants: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Measurement {
    /// The delay of a message from a post on node A to the sockets of node B, and the cost of B's deliveries beside
    /// those of a single node.
    Latency,
    /// The constants of the simulator, and its prediction for three nodes beside their real costs.
    Scale,
}

/// Runs the measurement. Fails if an event was lost, doubled or reordered, or if a checked prediction is wrong.
pub(crate) fn run(runtime: &Runtime, options: &NodesOptions) -> Result<ExitCode> {
    shutdown::kill_servers_on_signal(runtime)?;
    open_files::allow_up_to(MAX_CONNECTIONS)?;
    let mut environment = Environment::new(runtime, &options.binary, (None, None), options.quick)?;
    match options.measurement {
        Measurement::Latency => latency::run(&mut environment),
        Measurement::Scale => costs::run(&mut environment, &options.constants, options.write),
    }
}
