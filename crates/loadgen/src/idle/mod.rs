//! The scenario `idle`: the server memory that each idle connection costs.

mod idle_client;
mod topics;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use madang_loadgen::output::print_line;
use madang_loadgen::{MonotonicClock, ProcessMemory, ServerCommand, TestUser, open_files};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use self::idle_client::IdleClients;
use self::topics::Topics;

/// Connections of one user, as with several tabs and devices.
const CONNECTIONS_PER_USER: usize = 10;
/// Connections that are opened at the same time.
const CONCURRENT_CONNECTS: usize = 64;
/// Time limit for all connections to become ready.
const READY_WITHIN: Duration = Duration::from_mins(2);
/// The server counts as quiet after this long without a frame.
const QUIET: Duration = Duration::from_secs(1);
/// Time limit for the server to become quiet.
const QUIET_WITHIN: Duration = Duration::from_mins(1);

/// Command-line options of `idle`.
#[derive(Debug, Args)]
pub(crate) struct IdleOptions {
    /// Number of connections; each user has 10 of them.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(2..=50_000))]
    connections: u32,
    /// The server binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// The topics that each connection subscribes to.
    #[arg(long, value_enum, default_value_t = Topics::Joined)]
    topics: Topics,
    /// Number of messages in the first room before the connections open. The server sends a joining
    /// client one page of them (50); memory that the server keeps from that counts as cost.
    #[arg(long, default_value_t = 50)]
    messages: u32,
}

/// Runs the scenario and prints the memory before, with half of the connections, and with all of them.
pub(crate) async fn run(options: IdleOptions) -> Result<ExitCode> {
    let connections = usize::try_from(options.connections)?;
    open_files::allow(options.connections.into())?;
    let folder = tempfile::Builder::new().prefix("madang-idle-").tempdir()?;
    let command = ServerCommand::madang(&options.binary, folder.path())?;
    let server = command.start().await?;
    let process = server.id()?;

    let http = reqwest::Client::new();
    let mut users = Vec::new();
    for number in 0..connections.div_ceil(CONNECTIONS_PER_USER) {
        let name = format!("user {number}");
        users.push(TestUser::sign_up(&http, command.address(), &name).await?);
    }
    // Its kept-alive connection would count as well.
    drop(http);

    let clock = MonotonicClock::start();
    if let Some(user) = users.first().filter(|_| options.messages > 0) {
        let fill = idle_client::fill_room(user.clone(), clock, options.messages);
        timeout(READY_WITHIN, fill).await.context("the room does not fill in time")??;
    }
    let clients = IdleClients::new(options.topics);
    let mut tasks = JoinSet::new();
    let mut connect = {
        let connects = Arc::new(Semaphore::new(CONCURRENT_CONNECTS));
        let clients = clients.clone();
        let mut seeded_users = (0_u64..).zip(
            users.into_iter().flat_map(|user| std::iter::repeat_n(user, CONNECTIONS_PER_USER)),
        );
        move |tasks: &mut JoinSet<Result<()>>, count: usize| {
            for (seed, user) in seeded_users.by_ref().take(count) {
                tasks.spawn(clients.clone().run(user, clock, seed, connects.clone()));
            }
        }
    };

    // The first half includes the server's one-time costs; the second half is connections alone.
    let before = settled_memory(&clients, &mut tasks, 0, process).await?;
    let half = connections / 2;
    connect(&mut tasks, half);
    let middle = settled_memory(&clients, &mut tasks, half, process).await?;
    connect(&mut tasks, connections - half);
    let after = settled_memory(&clients, &mut tasks, connections, process).await?;
    tasks.shutdown().await;

    print_line(format_args!(
        "idle: {connections} connections of {} users; {} messages; topics of each: {}",
        connections.div_ceil(CONNECTIONS_PER_USER),
        options.messages,
        options.topics.describe()
    ));
    print_line(format_args!("{:<34}{:>12}{:>12}", "", "VmRSS", "RssAnon"));
    for (when, memory) in [
        ("before".to_owned(), before),
        (format!("with {half}"), middle),
        (format!("with {connections}"), after),
    ] {
        print_line(format_args!("{when:<34}{:>9} KB{:>9} KB", memory.resident, memory.anonymous));
    }
    for (what, cost) in [
        ("per connection", after.growth_per(connections, before)),
        ("per connection of the second half", after.growth_per(connections - half, middle)),
    ] {
        print_line(format_args!("{what:<34}{:>9.2} KB{:>9.2} KB", cost.0, cost.1));
    }
    let status = server.stop().await?;
    if !status.success() {
        bail!("the server exited with an error: {status}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Waits until this many connections are ready and the server is quiet, and returns the server's memory.
async fn settled_memory(
    clients: &IdleClients,
    tasks: &mut JoinSet<Result<()>>,
    connections: usize,
    process: u32,
) -> Result<ProcessMemory> {
    tokio::select! {
        ready = clients.wait_until_ready(connections, READY_WITHIN) => ready?,
        // The tasks run until they are cancelled.
        Some(outcome) = tasks.join_next() => {
            outcome??;
            bail!("a connection ended on its own");
        }
    }
    let mut polls = interval(QUIET);
    let mut frames = None;
    let began = Instant::now();
    loop {
        polls.tick().await;
        let now = Some(clients.frames());
        if now == frames {
            return Ok(ProcessMemory::of(process)?);
        }
        if began.elapsed() > QUIET_WITHIN {
            bail!("the server does not become quiet within {} s", QUIET_WITHIN.as_secs());
        }
        frames = now;
    }
}
