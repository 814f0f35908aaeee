//! The cost and speed of the server as ratios to the [`baseline_server`](crate::baseline_server).
//!
//! Absolute times differ between machines. Each figure is therefore measured in alternating rounds with the
//! baseline server, with the servers on one core and the generator on another, and the result is the median of the
//! rounds' ratios.
//!
//! Reading order: [`environment`] (processes, cores, users), [`sample`] (measured costs),
//! [`shutdown`] (of the servers), then one module per scenario; [`nodes`] (several nodes); [`peers`] and [`external`]
//! (other servers);
//! [`report`] (lines and tables), [`plot`] and [`page`] (the page in `docs`).

mod compressed;
mod connect_storm;
mod durable;
mod echo;
mod echo_clients;
mod environment;
pub(crate) mod external;
mod fan_out;
mod growth;
mod idle_memory;
pub(crate) mod nodes;
mod page;
mod page_storm;
mod peers;
mod plot;
mod report;
mod resume_storm;
mod sample;
mod shutdown;
mod stalled_reader;
mod tls;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use madang_loadgen::open_files;
use madang_loadgen::output::{print_diagnostic, print_line};
use tokio::runtime::Runtime;

use self::environment::Environment;

/// Connections of the largest measurement: 10,000 to Madang and 10,000 to the baseline server.
const MAX_CONNECTIONS: u64 = 20_000;

/// Command-line options of `load`.
#[derive(Debug, Args)]
pub(crate) struct LoadOptions {
    /// The server binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// Run shorter and smaller measurements. They test the laboratory; their figures mean little.
    #[arg(long)]
    quick: bool,
    /// Run only these scenarios.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SCENARIO")]
    only: Vec<Scenario>,
    /// Measure Madang beside other servers instead. Servers that are not installed are skipped.
    #[arg(long, conflicts_with = "only")]
    peers: bool,
    /// The folder with the programs of the other servers.
    #[arg(long, value_name = "FOLDER", default_value = "bench/peers")]
    peers_folder: PathBuf,
    /// The page with the block of tables to replace. Raw results go beside it as `.jsonl`, and a plot as
    /// `.svg`.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// The core of the servers [default: the first available one].
    #[arg(long, value_name = "NUMBER")]
    server_core: Option<usize>,
    /// The core of the generator [default: the last available one].
    #[arg(long, value_name = "NUMBER")]
    generator_core: Option<usize>,
}

/// A measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// Delivery of an event to 1,000 subscribers: ephemeral and durable, with 1 and 32 outstanding.
    FanOut,
    /// Echoes of messages.
    Echo,
    /// Memory of idle connections.
    Idle,
    /// Many simultaneous connects.
    Storm,
    /// Many simultaneous connects to a room with a page of history.
    Pages,
    /// Acknowledged messages per second, compared with the database alone.
    Durable,
    /// Simultaneous reconnects of all clients, which then catch up.
    Resume,
    /// One of 1,000 subscribers that does not read.
    Stalled,
    /// Fan-out with compression.
    Compressed,
    /// Fan-out over TLS.
    Tls,
    /// Fan-out with more subscribers and with more topics.
    Growth,
}

type RunScenario = fn(&mut Environment<'_>) -> Result<()>;

const SCENARIOS: [(Scenario, &str, RunScenario); 11] = [
    (Scenario::FanOut, "fan-out", fan_out::run),
    (Scenario::Echo, "echo", echo::run),
    (Scenario::Idle, "idle memory", idle_memory::run),
    (Scenario::Storm, "connect storm", connect_storm::run),
    (Scenario::Pages, "page storm", page_storm::run),
    (Scenario::Durable, "durable throughput", durable::run),
    (Scenario::Resume, "resume storm", resume_storm::run),
    (Scenario::Stalled, "stalled reader", stalled_reader::run),
    (Scenario::Compressed, "compressed fan-out", compressed::run),
    (Scenario::Tls, "fan-out over TLS", tls::run),
    (Scenario::Growth, "growth", growth::run),
];

/// Runs the measurements. Fails if an event was lost, doubled or reordered; a slow result is no failure.
pub(crate) fn run(runtime: &Runtime, options: &LoadOptions) -> Result<ExitCode> {
    shutdown::kill_servers_on_signal(runtime)?;
    let max_connections = open_files::allow_up_to(MAX_CONNECTIONS)?;
    let cores = (options.server_core, options.generator_core);
    let mut environment = Environment::new(runtime, &options.binary, cores, options.quick)?;
    environment.max_connections = usize::try_from(max_connections)?;
    if options.peers {
        return peers::run(&mut environment, &options.peers_folder, options.page.as_deref());
    }
    let selected: Vec<_> = SCENARIOS
        .into_iter()
        .filter(|(scenario, ..)| options.only.is_empty() || options.only.contains(scenario))
        .collect();
    for (number, (_, name, run)) in (1..).zip(&selected) {
        print_diagnostic("load", format_args!("{number}/{}: {name}", selected.len()));
        // A failed scenario does not discard the results of the others.
        if let Err(error) = run(&mut environment) {
            print_diagnostic("load", format_args!("{name} failed: {error:#}"));
            environment.report.add_failure(name, &error);
        }
    }
    print_line(format_args!("\n{}", environment.report.table()));
    if let Some(path) = &options.page {
        page::write(path, &environment.report)?;
    }
    Ok(environment.report.exit_code())
}
