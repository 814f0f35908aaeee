//! Many clients add to the shared number at once; it must be exactly what they added together.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use madang_client::{Action, PendingState};
use madang_loadgen::{Clock, Driver, Visitor};
use madang_shared::Topic;
use madang_shared::counter::CounterCommand;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::say;
use crate::server::Setting;

/// The whole run; the rate limit lets each client add some tens of times a second.
const WITHIN: Duration = Duration::from_mins(5);

/// How many add how often.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many clients.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    clients: u32,
    /// How often each adds 1.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    adds: u32,
    /// The server's binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("madang-count-").tempdir()?;
    let setting = Setting::new(&options.binary, folder.path())?;
    let server = setting.start().await?;
    let http = reqwest::Client::new();
    let (clock, began) = (Clock::start(), Instant::now());
    let mut adders = JoinSet::new();
    for number in 0..options.clients {
        let visitor =
            Visitor::sign_up(&http, setting.address(), &format!("adder {number}")).await?;
        let driver = Driver::new(visitor, clock, number.into());
        adders.spawn(timeout(WITHIN, add(driver, options.adds)));
    }
    while let Some(added) = adders.join_next().await {
        added?.context("it takes too long")??;
    }
    let took = began.elapsed();
    let watcher = Visitor::sign_up(&http, setting.address(), "watcher").await?;
    let watch = watch(Driver::new(watcher, clock, u64::MAX));
    let counted = timeout(WITHIN, watch).await.context("the number does not arrive")?;

    let expected = i64::from(options.clients) * i64::from(options.adds);
    say(format_args!("{:<12}{:>10}", "clients", options.clients));
    say(format_args!("{:<12}{:>10}", "added", expected));
    say(format_args!("{:<12}{:>10}", "counted", counted));
    say(format_args!("{:<12}{:>10.1}", "seconds", took.as_secs_f64()));
    let status = server.stop().await?;
    if !status.success() {
        bail!("the server did not end as it should: {status}");
    }
    Ok(if counted == expected { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Adds 1 that often, and waits until all of it is stored.
async fn add(mut driver: Driver, times: u32) -> Result<()> {
    driver.act(Action::Watch(&[Topic::Counter]));
    for _ in 0..times {
        driver.command(CounterCommand::Add { amount: 1 });
    }
    while !driver.client().outbox().items().is_empty() {
        driver.step().await;
        for item in driver.client().outbox().items() {
            if let PendingState::Failed(failure) = &item.state {
                bail!("refused for good: {failure}");
            }
        }
    }
    Ok(())
}

/// What the number is to somebody who comes afterwards.
async fn watch(mut driver: Driver) -> i64 {
    driver.act(Action::Watch(&[Topic::Counter]));
    loop {
        if let Some(stored) = driver.client().features().counter().stored() {
            return stored;
        }
        driver.step().await;
    }
}
