//! Kills the server under load, again and again, and counts what that did to the messages.

mod board;
mod reader;
mod verdict;
mod writer;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use madang_loadgen::{Clock, Visitor};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use self::board::{Board, Phase};
use self::verdict::{Verdict, compare};
use crate::say;
use crate::server::{Server, Setting};

/// How long acknowledgements may take to flow again after a restart: some backoff at its longest.
const FLOW_WITHIN: Duration = Duration::from_mins(1);
/// How long it may take until nothing is under way any more, once nobody writes.
const SETTLE_WITHIN: Duration = Duration::from_mins(2);
/// How long the server is under load before it is killed, in milliseconds.
const LOAD_MS: std::ops::RangeInclusive<u64> = 100..=400;
/// One progress line per this many rounds.
const ROUNDS_PER_LINE: u32 = 10;

/// How to put it to the test.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How often to kill the server.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The server's binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// How many users write.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..))]
    writers: u16,
    /// Draws the moments of the kills and the clients' jitter [default: drawn]. The same seed draws
    /// the same again; what the machine does in between still differs.
    #[arg(long)]
    seed: Option<u64>,
}

/// What was done to the server.
#[derive(Clone, Copy, Debug, Default)]
struct Harm {
    restarts: u32,
    /// Messages that were given to a client and not yet settled, summed over the kills.
    under_way: u64,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode> {
    let seed = options.seed.unwrap_or_else(rand::random);
    let clock = Clock::start();
    let began = Instant::now();
    let folder = tempfile::Builder::new().prefix("madang-soak-").tempdir()?;
    let setting = Setting::new(&options.binary, folder.path())?;
    say(format_args!(
        "soak-kill: {} kills under {} writers, seed {seed}",
        options.rounds, options.writers
    ));

    let mut server = setting.start().await?;
    let http = reqwest::Client::new();
    let board = Board::new(options.writers);
    let (phase, heard) = watch::channel(Phase::Writing);
    let mut writers = JoinSet::new();
    for number in 0..options.writers {
        let name = format!("writer {number}");
        let visitor = Visitor::sign_up(&http, setting.address(), &name).await?;
        let seed = seed.wrapping_add(1 + u64::from(number));
        writers.spawn(writer::write(visitor, clock, seed, number, board.clone(), heard.clone()));
    }

    let mut random = StdRng::seed_from_u64(seed);
    let mut harm = Harm::default();
    let mut since = began;
    for round in 1..=options.rounds {
        (server, since) = kill(&setting, server, since, &board, &mut random, &mut harm).await?;
        if round % ROUNDS_PER_LINE == 0 {
            let (written, acknowledged) = board.totals();
            say(format_args!(
                "{round} of {}: {written} written, {acknowledged} acknowledged, {:.0} s",
                options.rounds,
                began.elapsed().as_secs_f64()
            ));
        }
    }

    // The server must have come back to life before the end is judged.
    board.wait_for_flow(since, 1, FLOW_WITHIN).await?;
    phase.send(Phase::Settling).context("no writer is left")?;
    board.wait_until_settled(SETTLE_WITHIN).await?;
    phase.send(Phase::Over).context("no writer is left")?;
    let mut testimonies = Vec::new();
    while let Some(testimony) = writers.join_next().await {
        testimonies.push(testimony??);
    }

    say("everything has settled; reading it all back, as fast as the server lets one reader");
    let visitor = Visitor::sign_up(&http, setting.address(), "reader").await?;
    testimonies.push(reader::read_everything(visitor, clock, seed).await?);
    let status = server.stop().await?;
    ensure!(status.success(), "the server did not end as it should: {status}");
    let truth = reader::read_database(folder.path())?;

    let verdict = compare(&truth, &testimonies);
    report(options.rounds, &verdict, harm, began.elapsed());
    if verdict.is_clean() {
        return Ok(ExitCode::SUCCESS);
    }
    say(format_args!("the database stays for inspection: {}", folder.keep().display()));
    Ok(ExitCode::FAILURE)
}

/// One round: waits until load flows, lets it flow for a while, kills the server in the midst of it,
/// and starts it again. Answers the new server, and when it was started.
async fn kill(
    setting: &Setting,
    server: Server,
    since: Instant,
    board: &Board,
    random: &mut StdRng,
    harm: &mut Harm,
) -> Result<(Server, Instant)> {
    // Sometimes the first who are back, sometimes all of them: a server must survive both a kill
    // amid its clients' return and one under full load.
    let writers = random.random_range(1..=board.writers());
    board.wait_for_flow(since, writers, FLOW_WITHIN).await?;
    sleep(Duration::from_millis(random.random_range(LOAD_MS))).await;
    let under_way = board.under_way();
    server.kill().await?;
    harm.under_way += under_way;
    let since = Instant::now();
    let server = setting.start().await?;
    harm.restarts += 1;
    Ok((server, since))
}

fn report(rounds: u32, verdict: &Verdict, harm: Harm, took: Duration) {
    for finding in &verdict.findings {
        say(finding);
    }
    let rows: [(&str, u64); 9] = [
        ("rounds", rounds.into()),
        ("restarts", harm.restarts.into()),
        ("written", verdict.written),
        ("under way at a kill", harm.under_way),
        ("acknowledged", verdict.acknowledged),
        ("present", verdict.present),
        ("lost", verdict.lost),
        ("doubled", verdict.doubled),
        ("out of order", verdict.out_of_order),
    ];
    for (what, count) in rows {
        say(format_args!("{what:<20}{count:>10}"));
    }
    say(format_args!("{:<20}{:>10.1}", "seconds", took.as_secs_f64()));
}

/// Fails a run with what the writers are doing instead of what was waited for.
fn stuck(what: &str, within: Duration, board: &Board) -> Result<()> {
    bail!("{what} within {} s; {}", within.as_secs(), board.describe())
}
