//! The scenario `count`: many clients add to the shared number; the number must be their exact sum.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use madang_client::{Action, PendingState};
use madang_loadgen::output::print_line;
use madang_loadgen::{Driver, MonotonicClock, ServerCommand, TestUser};
use madang_shared::Topic;
use madang_shared::counter::CounterCommand;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// The time limit of each part of the run. The server's rate limit allows each client some tens of
/// commands a second.
const TIME_LIMIT: Duration = Duration::from_mins(5);

/// Command-line options of `count`.
#[derive(Debug, Args)]
pub(crate) struct CountOptions {
    /// Number of clients.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    clients: u32,
    /// Number of times that each client adds 1.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    adds: u32,
    /// The server binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
}

/// Runs the scenario. Fails if the number is not the exact sum.
pub(crate) async fn run(options: CountOptions) -> Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("madang-count-").tempdir()?;
    let command = ServerCommand::madang(&options.binary, folder.path())?;
    let server = command.start().await?;
    let http = reqwest::Client::new();
    let (clock, began) = (MonotonicClock::start(), Instant::now());
    let mut adders = JoinSet::new();
    for number in 0..options.clients {
        let user = TestUser::sign_up(&http, command.address(), &format!("adder {number}")).await?;
        let driver = Driver::new(user, clock, number.into());
        adders.spawn(timeout(TIME_LIMIT, add(driver, options.adds)));
    }
    while let Some(added) = adders.join_next().await {
        added?.context("the clients do not finish in time")??;
    }
    let elapsed = began.elapsed();
    let reader = TestUser::sign_up(&http, command.address(), "reader").await?;
    let read = read_number(Driver::new(reader, clock, u64::MAX));
    let counted = timeout(TIME_LIMIT, read).await.context("the number does not arrive in time")?;

    let expected = i64::from(options.clients) * i64::from(options.adds);
    print_line(format_args!("{:<12}{:>10}", "clients", options.clients));
    print_line(format_args!("{:<12}{:>10}", "added", expected));
    print_line(format_args!("{:<12}{:>10}", "counted", counted));
    print_line(format_args!("{:<12}{:>10.1}", "seconds", elapsed.as_secs_f64()));
    let status = server.stop().await?;
    if !status.success() {
        bail!("the server exited with an error: {status}");
    }
    Ok(if counted == expected { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Adds 1 this many times and waits until every command is stored.
async fn add(mut driver: Driver, times: u32) -> Result<()> {
    driver.act(Action::FollowTopics(&[Topic::Counter]));
    for _ in 0..times {
        driver.command(CounterCommand::Add { amount: 1 });
    }
    while !driver.client().outbox().items().is_empty() {
        driver.step().await;
        for item in driver.client().outbox().items() {
            if let PendingState::Failed(failure) = &item.state {
                bail!("the server refused a command for good: {failure}");
            }
        }
    }
    Ok(())
}

/// The number, as a client that connects afterwards receives it.
async fn read_number(mut driver: Driver) -> i64 {
    driver.act(Action::FollowTopics(&[Topic::Counter]));
    loop {
        if let Some(stored) = driver.client().features().counter().stored() {
            return stored;
        }
        driver.step().await;
    }
}
