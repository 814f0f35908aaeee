//! Any other server that passes texts on: fan-out as a ratio to the yardstick, so that somebody can
//! hold another stack beside ours.
//!
//! It must send each text message that one connection says to all connections, the speaker's too, as
//! it is. Start it on one core (`taskset -c 0 …`), and say where it is and which process it is.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use madang_loadgen::raw::{Dialect, Plan, Stage};
use serde_json::json;
use tokio::runtime::Runtime;

use super::fan_out::{compared, finish};
use super::lab::{Lab, Measured};
use crate::{open_files, say};

/// Where it is, and how much to say.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where it listens.
    #[arg(long, value_name = "ADDRESS:PORT")]
    address: SocketAddr,
    /// Where its socket is.
    #[arg(long, default_value = "/")]
    path: String,
    /// Its process; those that it started count as well.
    #[arg(long, value_name = "ID")]
    process: u32,
    /// Its name in the results.
    #[arg(long, default_value = "foreign")]
    name: String,
    /// Connections that are sent everything.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    subscribers: u32,
    /// Messages that are kept under way.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    window: u64,
    /// Bytes of each message.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(8..=60_000))]
    text_bytes: u32,
    /// Less of it, to see that it works.
    #[arg(long)]
    quick: bool,
}

/// Measures. Fails if anything was lost, doubled, or put out of order.
pub(crate) fn run(runtime: &Runtime, options: &Options) -> Result<ExitCode> {
    let subscribers = usize::try_from(options.subscribers)?;
    open_files::allow(2 * u64::from(options.subscribers))?;
    let mut lab = Lab::new(runtime, std::path::Path::new(""), (None, None), options.quick)?;
    let yardstick = lab.start_yardstick()?;
    let plan = |path: &str, address| Plan {
        text_bytes: usize::try_from(options.text_bytes).unwrap_or_default(),
        ..Plan::new(Dialect::Raw { path: path.to_owned() }, address, subscribers)
    };
    let mut barest = Stage::open(&plan("/chat", yardstick.address))?;
    let mut stage = Stage::open(&plan(&options.path, options.address))?;
    let foreign = Measured { process: options.process };
    let pair = [(yardstick.measured(), &mut barest), (foreign, &mut stage)];
    let setting = json!({
        "event": "raw", "subscribers": subscribers, "text_bytes": options.text_bytes,
        "window": options.window,
    });
    let ratio = compared(&mut lab, &options.name, setting, pair, options.window)?;
    lab.report.goal(format!("{}, CPU per delivery", options.name), "", format!("{ratio:.2}"), None);
    finish(&mut lab, &options.name, "raw", &mut stage)?;
    say(format_args!("\n{}", lab.report.table()));
    Ok(if lab.report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
