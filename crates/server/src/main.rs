//! `madang`: the binary. Loads the configuration, connects the engines, and supervises the tasks
//! until the end.

mod admin;
mod clock;
mod config;
mod data_folder;
mod database;
mod descriptors;
mod disk;
mod http;
mod later;
mod leases;
mod lifecycle;
mod listener;
mod logging;
mod memory;
mod moving;
mod nodes;
mod notices;
mod price;
mod redirect;
mod refusals;
mod serve;
mod sessions;
mod set_up;
#[cfg(test)]
mod test_clock;
mod timetable;
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
    /// Move everything from a data folder to an empty PostgreSQL database, or back, while no server runs. Clients resume
    /// on the new database where they were. Ends with a comparison of both.
    Move(config::MoveFlags),
    /// Act as the operator, on the server's own machine.
    #[command(subcommand)]
    Admin(admin::AdminTask),
}

fn main() -> ExitCode {
    let Arguments { task } = Arguments::parse();
    let started = tls::install_provider().and_then(|()| match task {
        Task::Serve(flags) => {
            let now = clock::SteadyClock::start().now();
            config::Config::load(*flags, now).map(serve::run)
        }
        Task::Move(flags) => {
            config::MoveSettings::load(flags).map(|settings| moving::run(&settings))
        }
        Task::Admin(task) => Ok(admin::run(task)),
    });
    started.unwrap_or_else(|error| {
        logging::report_fatal(&error);
        ExitCode::from(2)
    })
}
