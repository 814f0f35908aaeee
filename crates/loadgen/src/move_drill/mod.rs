//! The scenario `move-drill`: moves the database of a server to PostgreSQL and back, under clients that write all the
//! time. They keep their positions and their unacknowledged messages over both moves, and each must resume.

mod member;
mod verdict;

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use madang_loadgen::output::print_line;
use madang_loadgen::{MonotonicClock, PostgresServer, ServerCommand, ServerProcess, TestUser};
use tokio::process::Command;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use self::member::{MemberRecord, MemberStatus, Phase};
use self::verdict::DrillVerdict;

/// Time limit for the first messages, for each thousand of them, and for the members to be back.
const WITHIN: Duration = Duration::from_mins(1);
/// Messages that each member writes on each database after the first.
const WRITTEN_BETWEEN: u64 = 50;

/// Command-line options of `move-drill`.
#[derive(Debug, Args)]
pub(crate) struct MoveDrillOptions {
    /// The server binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// Messages in the database before the first move.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1..))]
    messages: u64,
    /// Number of users that write.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    members: u16,
}

/// The members, and what they have reached.
struct Members {
    phase: watch::Sender<Phase>,
    statuses: watch::Sender<Vec<MemberStatus>>,
    tasks: JoinSet<Result<MemberRecord>>,
}

/// Runs the scenario. Fails if a message was lost, doubled or reordered, or a member did not resume.
pub(crate) async fn run(options: MoveDrillOptions) -> Result<ExitCode> {
    let clock = MonotonicClock::start();
    let folder = tempfile::Builder::new().prefix("madang-move-").tempdir()?;
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
    let postgres = PostgresServer::start().await?;
    let url = PostgresServer::url_at(postgres.address());
    let on_file = ServerCommand::madang(&options.binary, &first)?;
    let on_postgres = on_file.clone().with_database(&url);
    let back_on_file = on_file.clone().with_data(&second);
    // Filling the database is no part of the drill.
    let server = on_file.clone().with_synchronous_normal().start().await?;
    let mut members = Members::start(&options, on_file.address(), clock).await?;
    let began = Instant::now();
    members.wait_until_written(options.messages).await?;
    print_line(format_args!(
        "{} messages by {} members in {:.0} s",
        options.messages,
        options.members,
        began.elapsed().as_secs_f64()
    ));

    let (waiting, since) = members.stop(server).await?;
    move_database(&options.binary, &url, &["--from".as_ref(), first.as_os_str()]).await?;
    let server = on_postgres.start().await?;
    members.wait_until_resumed(since).await?;
    let (waiting_again, since) = members.stop(server).await?;
    move_database(&options.binary, &url, &["--to".as_ref(), second.as_os_str()]).await?;
    let server = back_on_file.start().await?;
    members.wait_until_resumed(since).await?;

    let records = members.finish().await?;
    let status = server.stop().await?;
    ensure!(status.success(), "the server exited with an error: {status}");
    let verdict = DrillVerdict::of(&second.join("madang.sqlite"), &records)?;
    verdict.print(waiting + waiting_again);
    if verdict.is_clean() {
        return Ok(ExitCode::SUCCESS);
    }
    print_line(format_args!("the database is kept for inspection: {}", folder.keep().display()));
    Ok(ExitCode::FAILURE)
}

/// Runs `madang move` to its end, and prints its last lines.
async fn move_database(binary: &Path, url: &str, side: &[&std::ffi::OsStr; 2]) -> Result<()> {
    let mut command = Command::new(binary);
    command.arg("move").args(side).env("MADANG_DATABASE", url).env_remove("MADANG_CONFIG");
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "`madang move` failed: {text}");
    let result = text.lines().find(|line| line.contains("were moved"));
    print_line(result.context("`madang move` prints no result")?);
    Ok(())
}

impl Members {
    async fn start(
        options: &MoveDrillOptions,
        server: std::net::SocketAddr,
        clock: MonotonicClock,
    ) -> Result<Self> {
        let statuses = vec![MemberStatus::default(); usize::from(options.members)];
        let members = Self {
            phase: watch::Sender::new(Phase::Writing),
            statuses: watch::Sender::new(statuses),
            tasks: JoinSet::new(),
        };
        let http = reqwest::Client::new();
        let mut tasks = JoinSet::new();
        for number in 0..options.members {
            let user = TestUser::sign_up(&http, server, &format!("member {number}")).await?;
            let (phase, statuses) = (members.phase.subscribe(), members.statuses.clone());
            tasks.spawn(member::write(user, number, clock, phase, statuses));
        }
        Ok(Self { tasks, ..members })
    }

    async fn wait(
        &mut self,
        within: Duration,
        condition: impl FnMut(&Vec<MemberStatus>) -> bool,
    ) -> Result<()> {
        let mut statuses = self.statuses.subscribe();
        let waited = tokio::select! {
            waited = timeout(within, statuses.wait_for(condition)) => waited.map(drop),
            // A member ends early with an error only.
            Some(ended) = self.tasks.join_next() => {
                ended??;
                anyhow::bail!("a member has ended too early")
            }
        };
        waited.with_context(|| format!("the members do not get on: {:?}", self.statuses.borrow()))
    }

    /// Waits for this many acknowledged messages.
    async fn wait_until_written(&mut self, messages: u64) -> Result<()> {
        let within = WITHIN * u32::try_from(1 + messages / 1_000)?;
        let enough = move |statuses: &Vec<MemberStatus>| {
            statuses.iter().map(|status| status.acknowledged).sum::<u64>() >= messages
        };
        self.wait(within, enough).await
    }

    /// Stops the server. Returns the number of messages in the outboxes, and the time.
    async fn stop(&mut self, server: ServerProcess) -> Result<(u64, Instant)> {
        // The server closes its connections one after the other, and a member that is away for more events than a topic
        // recovers would rightly start from a snapshot.
        self.phase.send(Phase::Waiting).context("every member has ended")?;
        let status = server.stop().await?;
        ensure!(status.success(), "the server exited with an error: {status}");
        let all_are_offline =
            |statuses: &Vec<MemberStatus>| statuses.iter().all(|status| !status.is_live);
        self.wait(WITHIN, all_are_offline).await?;
        let waiting = self.statuses.borrow().iter().map(|status| status.in_outbox).sum();
        Ok((waiting, Instant::now()))
    }

    /// Waits until every member is back on a connection opened after `since` and has sent its outbox, and lets them write
    /// more.
    async fn wait_until_resumed(&mut self, since: Instant) -> Result<()> {
        let is_back = move |statuses: &Vec<MemberStatus>| {
            statuses.iter().all(|status| {
                status.is_live && status.connected_at > Some(since) && status.in_outbox == 0
            })
        };
        self.wait(WITHIN, is_back).await?;
        let before: Vec<u64> =
            self.statuses.borrow().iter().map(|status| status.acknowledged).collect();
        self.phase.send(Phase::Writing).context("every member has ended")?;
        let has_written = move |statuses: &Vec<MemberStatus>| {
            let mut pairs = statuses.iter().zip(&before);
            pairs.all(|(status, before)| status.acknowledged >= before + WRITTEN_BETWEEN)
        };
        self.wait(WITHIN, has_written).await
    }

    /// Lets the members send their outboxes, and returns their records.
    async fn finish(mut self) -> Result<Vec<MemberRecord>> {
        self.phase.send(Phase::Ending).context("every member has ended")?;
        let mut records = Vec::new();
        while let Some(record) =
            timeout(WITHIN, self.tasks.join_next()).await.context("the outboxes do not drain")?
        {
            records.push(record??);
        }
        Ok(records)
    }
}
