//! The scenario `sign-in-latency`: the time of sign-ins with wrong passwords, for names that exist and names that do not,
//! and the time of a message while many people sign in.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use madang_client::Action;
use madang_loadgen::output::print_line;
use madang_loadgen::{Driver, MonotonicClock, ServerCommand, TestUser};
use madang_shared::account::{ACCOUNT_PASSWORD_PATH, PASSWORD_SIGN_IN_PATH};
use madang_shared::chat::{ChatCommand, ChatEvent};
use madang_shared::{Event, RoomId, ServerFrame};
use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

/// Wrong attempts at one name: the throttle lets a few pass without a wait.
const ATTEMPTS_PER_NAME: u32 = 4;
const PASSWORD: &str = "correct horse battery";
const WRONG: &str = "wrong horse battery";
/// Messages per second.
const MESSAGES: u32 = 20;
/// The room of every new user.
const ROOM: RoomId = RoomId(1);
/// Time limit of the parts that are not measured.
const TIME_LIMIT: Duration = Duration::from_mins(2);

/// Command-line options of `sign-in-latency`.
#[derive(Debug, Args)]
pub(crate) struct SignInLatencyOptions {
    /// The server binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// Attempts at each kind of names.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(4..=10_000))]
    attempts: u32,
    /// Sign-ins per second beside the messages.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    sign_ins: u32,
    /// Seconds of each measurement of messages.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
}

/// Runs the scenario and prints the results.
pub(crate) async fn run(options: SignInLatencyOptions) -> Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("madang-sign-in-").tempdir()?;
    let command = ServerCommand::madang(&options.binary, folder.path())?;
    let server = command.start().await?;
    let people = People { http: reqwest::Client::new(), server: command.address() };
    let names = people.secured(options.attempts.div_ceil(ATTEMPTS_PER_NAME)).await?;

    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for name in &names {
        for attempt in 0..ATTEMPTS_PER_NAME {
            // In turns, so that a change of the machine's load meets both.
            known.push(people.wrong_attempt(name).await?);
            unknown.push(people.wrong_attempt(&format!("nobody {name} {attempt}")).await?);
        }
    }
    print_line(format_args!("{:<34}{:>9}{:>9}{:>9}{:>9}", "ms", "p10", "p50", "p90", "p99"));
    print_row("wrong password, known name", &mut known);
    print_row("wrong password, unknown name", &mut unknown);
    let slower = share_slower(&known, &unknown);
    print_line(format_args!("{:<34}{slower:>9.3}", "a known name is the slower one"));

    let period = Duration::from_secs(options.seconds);
    let mut quiet = timeout(period + TIME_LIMIT, people.messages(period)).await??;
    let mut signing_in = JoinSet::new();
    signing_in.spawn(people.clone().sign_ins(names, options.sign_ins));
    let mut busy = timeout(period + TIME_LIMIT, people.messages(period)).await??;
    signing_in.abort_all();
    print_row("message, nobody signs in", &mut quiet);
    print_row(&format!("message, {} sign-ins per second", options.sign_ins), &mut busy);
    let status = server.stop().await?;
    ensure!(status.success(), "the server exited with an error: {status}");
    Ok(ExitCode::SUCCESS)
}

/// The people of a server.
#[derive(Clone)]
struct People {
    http: reqwest::Client,
    server: SocketAddr,
}

impl People {
    /// Signs people up who have a password.
    async fn secured(&self, count: u32) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for number in 0..count {
            let name = format!("person {number}");
            let user = TestUser::sign_up(&self.http, self.server, &name).await?;
            let url = format!("http://{}{ACCOUNT_PASSWORD_PATH}", self.server);
            let body = json!({ "password": PASSWORD });
            let request = self.http.post(url).bearer_auth(&user.token).json(&body);
            request.send().await?.error_for_status().context("the password was not set")?;
            names.push(name);
        }
        Ok(names)
    }

    async fn sign_in(&self, name: &str, password: &str) -> Result<StatusCode> {
        let url = format!("http://{}{PASSWORD_SIGN_IN_PATH}", self.server);
        let body = json!({ "name": name, "password": password, "bearer": true });
        let answer = self.http.post(url).json(&body).send().await?;
        let status = answer.status();
        answer.bytes().await?;
        Ok(status)
    }

    /// The duration of a wrong attempt, in milliseconds.
    async fn wrong_attempt(&self, name: &str) -> Result<f64> {
        let began = Instant::now();
        let status = self.sign_in(name, WRONG).await?;
        let took = began.elapsed();
        if status != StatusCode::UNAUTHORIZED {
            bail!("the attempt at {name:?} was answered with {status}");
        }
        Ok(millis(took))
    }

    /// Signs in at a rate, until it is aborted. A full queue refuses some.
    async fn sign_ins(self, names: Vec<String>, per_second: u32) {
        let mut ticks = interval(Duration::from_secs(1) / per_second);
        let mut running = JoinSet::new();
        for name in names.iter().cycle() {
            ticks.tick().await;
            let (people, name) = (self.clone(), name.clone());
            running.spawn(async move { people.sign_in(&name, PASSWORD).await });
            while running.try_join_next().is_some() {}
        }
    }

    /// The durations of messages from one client to another, in milliseconds.
    async fn messages(&self, period: Duration) -> Result<Vec<f64>> {
        let clock = MonotonicClock::start();
        let mut drivers = Vec::new();
        for name in ["writer", "reader"] {
            let name = format!("{name} {}", rand::random::<u32>());
            let user = TestUser::sign_up(&self.http, self.server, &name).await?;
            let mut driver = Driver::new(user, clock, rand::random());
            while driver.client().features().timeline(ROOM).is_none_or(|it| !it.is_known()) {
                driver.act(Action::OpenRoom(Some(ROOM)));
                driver.step().await;
            }
            drivers.push(driver);
        }
        let [writer, reader] = drivers.as_mut_slice() else { bail!("two clients were made") };
        let (mut sent, mut took) = (Vec::new(), Vec::new());
        let mut ticks = interval(Duration::from_secs(1) / MESSAGES);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let end = sleep(period);
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => return Ok(took),
                _ = ticks.tick() => {
                    let text = sent.len().to_string();
                    writer.command(ChatCommand::post(ROOM, text));
                    sent.push(Instant::now());
                }
                _ = writer.step() => {}
                frame = reader.step() => {
                    if let Some(ServerFrame::Event { event: Event::Chat(ChatEvent::Posted(message)), .. }) = frame
                        && let Ok(number) = message.text.parse::<usize>()
                        && let Some(sent) = sent.get(number)
                    {
                        took.push(millis(sent.elapsed()));
                    }
                }
            }
        }
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// Prints percentiles by the nearest rank. Sorts the durations.
fn print_row(name: &str, durations: &mut [f64]) {
    durations.sort_by(f64::total_cmp);
    let percentile = |percent: usize| {
        let rank = (durations.len() * percent).div_ceil(100).max(1);
        durations.get(rank - 1).copied().unwrap_or(f64::NAN)
    };
    let [p10, p50, p90, p99] = [10, 50, 90, 99].map(percentile);
    print_line(format_args!("{name:<34}{p10:>9.2}{p50:>9.2}{p90:>9.2}{p99:>9.2}"));
}

/// The share of all pairs in which the first one is slower. 0.5 tells nothing about a name.
fn share_slower(first: &[f64], second: &[f64]) -> f64 {
    let pairs = first.iter().flat_map(|one| second.iter().map(move |other| (one, other)));
    let points = pairs.map(|(one, other)| match one.total_cmp(other) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    });
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand pairs")]
    let count = (first.len() * second.len()) as f64;
    points.sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_slower_ones_is_that_of_pairs() {
        let close = |one: f64, other: f64| (one - other).abs() < 1e-9;
        assert!(close(share_slower(&[1.0, 2.0], &[1.0, 2.0]), 0.5));
        assert!(close(share_slower(&[3.0], &[1.0, 2.0]), 1.0));
        assert!(close(share_slower(&[1.5], &[1.0, 2.0]), 0.5));
    }
}
