//! The command `external`: the fan-out of any other server, as a ratio to the baseline server.
//!
//! The server must send each text message of a connection unchanged to all connections, the sender's included.
//! Start it on one core (`taskset -c 0 …`), and pass its address and its process id.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use madang_bench::{FanOutHarness, HarnessConfig, Protocol};
use madang_loadgen::open_files;
use madang_loadgen::output::print_line;
use serde_json::json;
use tokio::runtime::Runtime;

use super::environment::{Environment, MeasuredProcess};
use super::fan_out::{compare, finish};

/// Command-line options of `external`.
#[derive(Debug, Args)]
pub(crate) struct ExternalOptions {
    /// The address of the server.
    #[arg(long, value_name = "ADDRESS:PORT")]
    address: SocketAddr,
    /// The path of its WebSocket endpoint.
    #[arg(long, default_value = "/")]
    path: String,
    /// Its process id. Its child processes are measured as well.
    #[arg(long, value_name = "ID")]
    process: u32,
    /// Its name in the results.
    #[arg(long, default_value = "external")]
    name: String,
    /// Number of connections, which all receive every message.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    subscribers: u32,
    /// Number of outstanding messages.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    window: u64,
    /// Length of each message in bytes.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(8..=60_000))]
    text_bytes: u32,
    /// Run shorter measurements. They test the setup; their figures mean little.
    #[arg(long)]
    quick: bool,
}

/// Runs the measurement. Fails if a message was lost, doubled or reordered.
pub(crate) fn run(runtime: &Runtime, options: &ExternalOptions) -> Result<ExitCode> {
    let subscribers = usize::try_from(options.subscribers)?;
    open_files::allow(2 * u64::from(options.subscribers))?;
    let mut environment = Environment::new(runtime, Path::new(""), (None, None), options.quick)?;
    let baseline = environment.start_baseline()?;
    let config = |path: &str, address| HarnessConfig {
        text_bytes: usize::try_from(options.text_bytes).unwrap_or_default(),
        ..HarnessConfig::new(Protocol::raw_text(path), address, subscribers)
    };
    let mut baseline_harness = FanOutHarness::start(&config("/chat", baseline.address))?;
    let mut harness = FanOutHarness::start(&config(&options.path, options.address))?;
    let server = MeasuredProcess { id: options.process };
    let pair = [(baseline.measured(), &mut baseline_harness), (server, &mut harness)];
    let setting = json!({
        "event": "raw", "subscribers": subscribers, "text_bytes": options.text_bytes,
        "window": options.window,
    });
    let ratio = compare(&mut environment, &options.name, setting, pair, options.window)?;
    let what = format!("{}, CPU per delivery", options.name);
    environment.report.add_figure(what, format!("{ratio:.2}"));
    finish(&mut environment, &options.name, "raw", &mut harness)?;
    print_line(format_args!("\n{}", environment.report.table()));
    Ok(environment.report.exit_code())
}
