//! `madang`: the binary. Loads the configuration, connects the engines, and supervises the tasks
//! until the end.

mod clock;
mod config;
mod data_folder;
mod database;
mod descriptors;
mod disk;
mod http;
mod leases;
mod lifecycle;
mod listener;
mod logging;
mod memory;
mod nodes;
mod notices;
mod price;
mod redirect;
mod refusals;
mod serve;
mod sessions;
mod tls;

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
    /// Serve the app and its API until a signal stops it (SIGTERM or Ctrl-C; a second one stops at
    /// once).
    Serve(Box<config::Flags>),
}

fn main() -> ExitCode {
    let Arguments { task: Task::Serve(flags) } = Arguments::parse();
    let now = clock::SteadyClock::start().now();
    let config = tls::install_provider().and_then(|()| config::Config::load(*flags, now));
    match config {
        Ok(config) => serve::run(config),
        Err(error) => {
            logging::report_fatal(&error);
            ExitCode::from(2)
        }
    }
}
