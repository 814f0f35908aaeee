//! What the server costs and how fast it is, as ratios to the [`yardstick`](crate::yardstick).
//!
//! Absolute times mean nothing on a machine that is not the reader's. So each figure is measured in
//! turns with the yardstick's, server on one core and generator on another, and the middle of the
//! rounds' ratios is given.
//!
//! Reading order: [`lab`] (processes, cores, users, samples), [`ending`] (of all of them), [`accounting`]
//! (processor time), then one module for each scenario, [`peers`] (the same with other people's servers),
//! [`report`] (lines and tables), [`plot`] and [`page`] (the page in `docs`).

mod accounting;
mod compressed;
mod durable;
mod echo;
mod ending;
mod fan_out;
pub(crate) mod foreign;
mod growth;
mod idle;
mod lab;
mod page;
mod peers;
mod plot;
mod report;
mod resume;
mod stalled;
mod storm;
mod tls;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use tokio::runtime::Runtime;

use self::lab::Lab;
use crate::{open_files, say};

/// Connections of the largest measurement: ten thousand to the server, and as many to the yardstick.
const MOST_CONNECTIONS: u64 = 20_000;

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The server's binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// Less of everything, to see that it works; the figures are worth little.
    #[arg(long)]
    quick: bool,
    /// These alone.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SCENARIO")]
    only: Vec<Scenario>,
    /// Other people's servers beside ours, instead: those of them that are there.
    #[arg(long, conflicts_with = "only")]
    peers: bool,
    /// Where they are.
    #[arg(long, value_name = "FOLDER", default_value = "crates/loadgen/peers")]
    peers_folder: PathBuf,
    /// The page whose block of tables is written anew; raw results go beside it, as `.jsonl`, and a
    /// plot, as `.svg`.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// The core that servers are kept on [default: the first that there is].
    #[arg(long, value_name = "NUMBER")]
    server_core: Option<usize>,
    /// The core that the generator is kept on [default: the last that there is].
    #[arg(long, value_name = "NUMBER")]
    generator_core: Option<usize>,
}

/// One of the measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// One event to a thousand subscribers, ephemeral and durable, alone and many at a time.
    FanOut,
    /// Messages said back.
    Echo,
    /// Memory of connections that say nothing.
    Idle,
    /// Many who connect at once.
    Storm,
    /// Acknowledged messages a second, against the bare database.
    Durable,
    /// Everybody comes back at once and catches up.
    Resume,
    /// One subscriber in a thousand who does not read.
    Stalled,
    /// The same fan-out, compressed.
    Compressed,
    /// The same fan-out within TLS.
    Tls,
    /// Ten times the subscribers, a hundred times the topics.
    Growth,
}

type Run = fn(&mut Lab<'_>) -> Result<()>;

const SCENARIOS: [(Scenario, &str, Run); 10] = [
    (Scenario::FanOut, "fan-out", fan_out::run),
    (Scenario::Echo, "echo", echo::run),
    (Scenario::Idle, "idle memory", idle::run),
    (Scenario::Storm, "connect storm", storm::run),
    (Scenario::Durable, "durable throughput", durable::run),
    (Scenario::Resume, "resume storm", resume::run),
    (Scenario::Stalled, "a stalled reader", stalled::run),
    (Scenario::Compressed, "compressed fan-out", compressed::run),
    (Scenario::Tls, "fan-out within TLS", tls::run),
    (Scenario::Growth, "growth", growth::run),
];

/// Measures. Fails if anything was lost, doubled, or put out of order, and never for being slow.
pub(crate) fn run(runtime: &Runtime, options: &Options) -> Result<ExitCode> {
    ending::takes_servers_along(runtime)?;
    let most = open_files::allow_up_to(MOST_CONNECTIONS)?;
    let cores = (options.server_core, options.generator_core);
    let mut lab = Lab::new(runtime, &options.binary, cores, options.quick)?;
    lab.most_connections = usize::try_from(most)?;
    if options.peers {
        return peers::run(&mut lab, &options.peers_folder, options.page.as_deref());
    }
    let wanted: Vec<_> = SCENARIOS
        .into_iter()
        .filter(|(scenario, ..)| options.only.is_empty() || options.only.contains(scenario))
        .collect();
    for (number, (_, name, run)) in (1..).zip(&wanted) {
        progress(format_args!("{number}/{}: {name}", wanted.len()));
        // What was measured before is not lost.
        if let Err(error) = run(&mut lab) {
            progress(format_args!("{name} failed: {error:#}"));
            lab.report.failed(name, &error);
        }
    }
    say(format_args!("\n{}", lab.report.table()));
    if let Some(path) = &options.page {
        page::write(path, &lab.report)?;
    }
    let clean = lab.report.is_clean();
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stderr, reason = "what is going on, apart from the results")]
fn progress(line: impl std::fmt::Display) {
    eprintln!("load: {line}");
}
