//! The scenario `soak-kill`: kills the server under load many times and checks every message and every change of a post.
//!
//! The writers use the client of the app, in several rooms. The editors are programs that are not ours, over HTTP. Every
//! second start of the server is with `synchronous = normal`, which loses nothing when the process alone ends.

mod editor;
mod post_verdict;
mod progress;
mod reader;

mod writer;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use madang_loadgen::output::print_line;
use madang_loadgen::{Driver, MonotonicClock, ServerCommand, ServerProcess, TestUser};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use self::post_verdict::{PostVerdict, compare_posts};
use self::progress::{Phase, WriterProgress};
use crate::room;
use crate::verdict::{Verdict, compare};

/// Time limit for acknowledgements to arrive again after a restart: several of the client's longest
/// backoffs.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_mins(1);
/// Time limit for all outboxes to drain after the writers have stopped writing.
const SETTLE_WITHIN: Duration = Duration::from_mins(2);
/// Time under load before each kill, in milliseconds.
const LOAD_MS: std::ops::RangeInclusive<u64> = 100..=400;
/// Rounds between two lines of progress.
const ROUNDS_PER_LINE: u32 = 10;

/// Command-line options of `soak-kill`.
#[derive(Debug, Args)]
pub(crate) struct SoakKillOptions {
    /// Number of times that the server is killed.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The server binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// Number of users that write.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..))]
    writers: u16,
    /// Number of rooms in which they write.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    rooms: u16,
    /// Number of programs that write, edit and delete posts over HTTP.
    #[arg(long, default_value_t = 4)]
    editors: u16,
    /// Determines the times of the kills and the clients' jitter [default: random]. The timing of the
    /// machine still differs between two runs with one seed.
    #[arg(long)]
    seed: Option<u64>,
}

/// Counts of the kills.
#[derive(Clone, Copy, Debug, Default)]
struct KillCounts {
    restarts: u32,
    /// Messages that were in a client's outbox at a kill, summed over the kills.
    in_flight: u64,
}

/// Runs the scenario. Fails if a message was lost, doubled or reordered.
pub(crate) async fn run(options: SoakKillOptions) -> Result<ExitCode> {
    let seed = options.seed.unwrap_or_else(rand::random);
    let clock = MonotonicClock::start();
    let began = Instant::now();
    let folder = tempfile::Builder::new().prefix("madang-soak-").tempdir()?;
    let command = ServerCommand::madang(&options.binary, folder.path())?;
    print_line(format_args!(
        "soak-kill: {} kills under {} writers in {} rooms and {} editors, seed {seed}",
        options.rounds, options.writers, options.rooms, options.editors
    ));

    let mut server = command.start().await?;
    let http = reqwest::Client::new();
    let progress = WriterProgress::new(options.writers);
    let (phase, phases) = watch::channel(Phase::Writing);
    let founder = TestUser::sign_up(&http, command.address(), "founder").await?;
    let rooms = room::create_all(Driver::new(founder, clock, seed), options.rooms).await?;
    let mut writers = JoinSet::new();
    for (number, room) in (0..options.writers).zip(rooms.iter().copied().cycle()) {
        let name = format!("writer {number}");
        let user = TestUser::sign_up(&http, command.address(), &name).await?;
        let seed = seed.wrapping_add(1 + u64::from(number));
        let (progress, phases) = (progress.clone(), phases.clone());
        writers.spawn(writer::write(user, room, clock, seed, number, progress, phases));
    }
    let mut editors = JoinSet::new();
    for number in 0..options.editors {
        let name = format!("editor {number}");
        let user = TestUser::sign_up(&http, command.address(), &name).await?;
        let seed = seed.wrapping_add(u64::from(u16::MAX) + u64::from(number));
        editors.spawn(editor::edit_posts(user, seed, phases.clone()));
    }

    let mut random = StdRng::seed_from_u64(seed);
    let mut kills = KillCounts::default();
    let mut started = began;
    let in_turns = [command.clone().with_synchronous_normal(), command.clone()];
    for (round, command) in (1..=options.rounds).zip(in_turns.iter().cycle()) {
        (server, started) =
            kill_and_restart(command, server, started, &progress, &mut random, &mut kills).await?;
        if round % ROUNDS_PER_LINE == 0 {
            let (written, acknowledged) = progress.totals();
            print_line(format_args!(
                "{round} of {}: {written} written, {acknowledged} acknowledged, {:.0} s",
                options.rounds,
                began.elapsed().as_secs_f64()
            ));
        }
    }

    // The last restart must have succeeded as well.
    progress.wait_for_acknowledgements(started, 1, ACKNOWLEDGED_WITHIN).await?;
    phase.send(Phase::Settling).context("every writer has ended")?;
    progress.wait_until_settled(SETTLE_WITHIN).await?;
    phase.send(Phase::Done).context("every writer has ended")?;
    let mut records = Vec::new();
    while let Some(record) = writers.join_next().await {
        records.push(record??);
    }
    let mut edited = Vec::new();
    while let Some(record) = editors.join_next().await {
        edited.push(record??);
    }

    print_line("all outboxes are empty; a new user of each room reads the whole history");
    for room in &rooms {
        let user = TestUser::sign_up(&http, command.address(), &format!("reader {room}")).await?;
        records.push(reader::read_history(user, *room, clock, seed).await?);
    }
    let status = server.stop().await?;
    ensure!(status.success(), "the server exited with an error: {status}");
    let mut verdict = Verdict::default();
    for room in rooms {
        let (of_room, others) = records.into_iter().partition(|record| record.room == room);
        records = others;
        verdict.add(compare(&reader::read_messages(folder.path(), room)?, &of_room));
    }
    let posts = compare_posts(&reader::read_posts(folder.path())?, &edited);
    print_verdict(options.rounds, &verdict, &posts, kills, began.elapsed());
    if verdict.is_clean() && posts.is_clean() {
        return Ok(ExitCode::SUCCESS);
    }
    print_line(format_args!("the database is kept for inspection: {}", folder.keep().display()));
    Ok(ExitCode::FAILURE)
}

/// One round: waits for acknowledgements, keeps the load on for a random time, kills the server, and
/// starts it again. Returns the new server and the time of its start.
async fn kill_and_restart(
    command: &ServerCommand,
    server: ServerProcess,
    started: Instant,
    progress: &WriterProgress,
    random: &mut StdRng,
    kills: &mut KillCounts,
) -> Result<(ServerProcess, Instant)> {
    // A random number of reconnected writers: the server must survive a kill while its clients reconnect
    // as well as one under full load.
    let writers = random.random_range(1..=progress.writers());
    progress.wait_for_acknowledgements(started, writers, ACKNOWLEDGED_WITHIN).await?;
    sleep(Duration::from_millis(random.random_range(LOAD_MS))).await;
    let in_flight = progress.in_flight();
    server.kill().await?;
    kills.in_flight += in_flight;
    let started = Instant::now();
    let server = command.start().await?;
    kills.restarts += 1;
    Ok((server, started))
}

fn print_verdict(
    rounds: u32,
    verdict: &Verdict,
    posts: &PostVerdict,
    kills: KillCounts,
    elapsed: Duration,
) {
    for finding in verdict.findings.iter().chain(&posts.findings) {
        print_line(finding);
    }
    let rows: [(&str, u64); 14] = [
        ("rounds", rounds.into()),
        ("restarts", kills.restarts.into()),
        ("written", verdict.written),
        ("in flight at a kill", kills.in_flight),
        ("acknowledged", verdict.acknowledged),
        ("present", verdict.present),
        ("lost", verdict.lost),
        ("doubled", verdict.doubled),
        ("out of order", verdict.out_of_order),
        ("changes of posts", posts.acknowledged),
        ("events of posts", posts.present),
        ("posts lost", posts.lost),
        ("posts doubled", posts.doubled),
        ("posts out of order", posts.out_of_order),
    ];
    for (what, count) in rows {
        print_line(format_args!("{what:<20}{count:>10}"));
    }
    print_line(format_args!("{:<20}{:>10.1}", "seconds", elapsed.as_secs_f64()));
}
