//! `madang`: the binary. Reads the configuration, wires the engines, and sees to it that everything
//! ends as it should.

mod clock;
mod config;
mod http;
mod lifecycle;
mod logging;
mod notices;
mod places;
mod price;
mod redirect;
mod serve;
mod tls;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use madang_hub::ports::Clock;

/// Chat, notifications and live data on your own machine, in one file.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Serve the app and its socket until told to stop (SIGTERM or Ctrl-C; twice to stop at once).
    Serve(Box<config::Flags>),
}

fn main() -> ExitCode {
    let Arguments { task: Task::Serve(flags) } = Arguments::parse();
    let now = clock::SteadyClock::start().now();
    let config = tls::install_provider().and_then(|()| config::Config::load(*flags, now));
    match config {
        Ok(config) => serve::run(config),
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

/// Before there is a log there is only standard error; where nobody reads that, the exit code speaks.
fn complain(error: &anyhow::Error) {
    let _heard = writeln!(std::io::stderr(), "madang: {error:#}").is_ok();
}
