//! The scenario `soak-cluster`: disturbs three nodes over one PostgreSQL and one NATS under load, one disturbance in each
//! round, and checks every message at every client.
//!
//! Writers and readers use the client of the app. After a disturbance the next round begins when each of them receives
//! events again, and each writer acknowledgements.

mod activity;
mod cluster;
mod disturbance;
mod faulty_node;
mod participant;
mod proof;
mod report;
mod stored;
mod stream_check;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use madang_loadgen::output::print_line;
use madang_loadgen::{Driver, MonotonicClock, TestUser};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::activity::{Activity, RunPhase};
use self::cluster::Cluster;
use self::disturbance::Disturbance;
use self::participant::{Participant, SharedNotes};
use self::report::{Observer, Totals};
use self::stored::StoredMessages;
use crate::room;
use crate::verdict::ClientRecord;

/// Time limit for all clients to be served again after a disturbance. Their own limits are shorter: 35 s without any frame,
/// and 20 s before another attempt.
const SERVED_WITHIN: Duration = Duration::from_secs(90);
/// Time limit for all outboxes to drain, and all histories to be loaded.
const SETTLE_WITHIN: Duration = Duration::from_mins(5);

/// Command-line options of `soak-cluster`.
#[derive(Debug, Args)]
pub(crate) struct SoakClusterOptions {
    /// Number of disturbances.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The server binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// Number of users that write and read.
    #[arg(long, default_value_t = 48, value_parser = clap::value_parser!(u16).range(1..))]
    writers: u16,
    /// Number of users that only read.
    #[arg(long, default_value_t = 48)]
    readers: u16,
    /// Number of rooms.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    rooms: u16,
    /// Only disturbances whose name contains one of these words, such as `kill` or `partition node-NATS` [default: all].
    #[arg(long, value_name = "WORDS", value_delimiter = ',')]
    only: Vec<String>,
    /// Restart all nodes one after the other in each round, without a failure. No client may see an error.
    #[arg(long, conflicts_with = "only")]
    rolling: bool,
    /// Determines the disturbances, their times and the clients' jitter [default: random]. The timing of the machine still
    /// differs between two runs with one seed.
    #[arg(long)]
    seed: Option<u64>,
}

/// Runs the scenario. Fails if a message was lost, doubled or reordered.
pub(crate) async fn run(options: SoakClusterOptions) -> Result<ExitCode> {
    let seed = options.seed.unwrap_or_else(rand::random);
    print_line(format_args!(
        "soak-cluster: {} rounds, {} writers and {} readers in {} rooms, seed {seed}",
        options.rounds, options.writers, options.readers, options.rooms
    ));
    let mut random = StdRng::seed_from_u64(seed);
    let plan = if options.rolling {
        disturbance::rolling_plan(options.rounds)
    } else {
        disturbance::plan(options.rounds, &options.only, &mut random)
    };
    ensure!(!plan.is_empty(), "no disturbance has such a name");
    let mut cluster = Cluster::start(&options.binary, seed).await?;
    let outcome = soak(&options, &mut cluster, plan, seed).await;
    if let Ok(true) = outcome {
        return Ok(ExitCode::SUCCESS);
    }
    print_line(format_args!("the logs of the nodes: {}", cluster.keep_logs().display()));
    outcome.map(|_| ExitCode::FAILURE)
}

/// Returns whether no message was lost, doubled or reordered.
async fn soak(
    options: &SoakClusterOptions,
    cluster: &mut Cluster,
    plan: Vec<Disturbance>,
    seed: u64,
) -> Result<bool> {
    let (clock, http) = (MonotonicClock::start(), reqwest::Client::new());
    let addresses = cluster.addresses();
    let first = *addresses.first().context("no node")?;
    let founder = TestUser::sign_up(&http, first, "founder").await?;
    let rooms = room::create_all(Driver::new(founder, clock, seed), options.rooms).await?;
    let writers = usize::from(options.writers);
    let count = writers + usize::from(options.readers);
    let mut participants = Vec::new();
    for (number, room) in (0..count).zip(rooms.iter().copied().cycle()) {
        let is_writer = number < writers;
        let name = format!("{} {number}", if is_writer { "writer" } else { "reader" });
        participants.push(Participant {
            user: TestUser::sign_up(&http, first, &name).await?,
            nodes: addresses.clone(),
            room,
            is_writer,
            number,
            first_node: number / rooms.len().max(1),
            notes: SharedNotes::default(),
        });
    }
    let observer = Observer::new(rooms, &participants);
    let activity = Activity::new(count);
    let (phase, phases) = watch::channel(RunPhase::Active);
    let mut tasks = JoinSet::new();
    for participant in participants {
        let seed = seed.wrapping_add(1 + participant.number as u64);
        tasks.spawn(participant.take_part(clock, seed, activity.clone(), phases.clone()));
    }
    let started = Instant::now();
    served(&activity, started, &mut tasks).await?;
    activity.take_longest_silence();

    let mut totals = Totals::default();
    let rounds = plan.len();
    for (round, disturbance) in (1..).zip(plan) {
        let disturbance = disturbance.of_node(cluster.busiest_node());
        let began = Instant::now();
        disturbance
            .inflict(cluster)
            .await
            .with_context(|| format!("round {round}: {disturbance}"))?;
        served(&activity, Instant::now(), &mut tasks)
            .await
            .with_context(|| format!("round {round}: {disturbance}"))?;
        cluster.check_nodes()?;
        let stored = StoredMessages::connect(&cluster.database()).await?;
        let verdict = observer.look(&stored).await?;
        let silence = activity.take_longest_silence();
        let title = format!("round {round} of {rounds}: {disturbance}");
        totals.print_round(&title, &verdict, silence, began.elapsed());
    }

    phase.send(RunPhase::Settle).context("every client has ended")?;
    activity.wait_until_settled(SETTLE_WITHIN).await?;
    phase.send(RunPhase::End).context("every client has ended")?;
    let mut records: Vec<ClientRecord> = Vec::new();
    while let Some(record) = tasks.join_next().await {
        records.push(record??);
    }
    let stored = StoredMessages::connect(&cluster.database()).await?;
    let verdict = observer.conclude(&stored, records).await?;
    let interruptions = if options.rolling { observer.interruptions() } else { Vec::new() };
    totals.print(&verdict, &interruptions, options.rolling, started.elapsed());
    let is_clean = verdict.is_clean() && interruptions.is_empty();
    if !options.rolling {
        proof::prove(&http, first, &stored, clock, seed).await?;
    }
    cluster.stop().await?;
    Ok(is_clean)
}

/// Waits until all clients are served, or one of them fails.
async fn served(
    activity: &Activity,
    since: Instant,
    tasks: &mut JoinSet<Result<ClientRecord>>,
) -> Result<()> {
    tokio::select! {
        served = activity.wait_for_all(since, SERVED_WITHIN) => served,
        Some(ended) = tasks.join_next() => match ended? {
            Ok(record) => anyhow::bail!("{} has ended by itself", record.user.name),
            Err(error) => Err(error),
        },
    }
}
