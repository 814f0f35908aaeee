//! What connections cost the server that are there and say nothing.

pub(crate) mod memory;
mod resident;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use madang_loadgen::{Clock, Visitor};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use self::memory::Memory;
use self::resident::PresenceSummary;
use crate::server::Setting;
use crate::{open_files, say};

/// Connections of one user: as many tabs and devices.
const CONNECTIONS_PER_USER: usize = 10;
/// Connections that are being opened at a time: a crowd, but no storm.
const OPENING: usize = 64;
/// How long connections may take to be where they should.
const READY_WITHIN: Duration = Duration::from_mins(2);
/// No frame for this long, and the server counts as quiet.
const QUIET: Duration = Duration::from_secs(1);
/// How long the server may take to become quiet.
const QUIET_WITHIN: Duration = Duration::from_mins(1);

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many connections; one user has 10 of them.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(2..=50_000))]
    connections: u32,
    /// The server's binary.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// What each connection follows.
    #[arg(long, value_enum, default_value_t = Topics::Joined)]
    topics: Topics,
    /// How many messages the first room holds before anybody connects. A page of them, 50, is what a
    /// joining client is sent; what the server keeps of that sending is part of the cost.
    #[arg(long, default_value_t = 50)]
    messages: u32,
}

/// What each connection follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Topics {
    /// Nothing: it only said hello. What is measured is the socket and the session.
    None,
    /// The directory, its user's memberships, and the first room, in which its user then counts as
    /// present.
    Joined,
    /// Besides, who is here in the first room: everything that the app follows with one room open.
    All,
}

impl Topics {
    fn describe(self) -> &'static str {
        match self {
            Self::None => "hello only",
            Self::Joined => "rooms, memberships, the first room",
            Self::All => "rooms, memberships, the first room, who is here",
        }
    }
}

pub(crate) async fn run(options: Options) -> Result<ExitCode> {
    let connections = usize::try_from(options.connections)?;
    open_files::allow(options.connections.into())?;
    let folder = tempfile::Builder::new().prefix("madang-idle-").tempdir()?;
    let setting = Setting::new(&options.binary, folder.path())?;
    let server = setting.start().await?;
    let id = server.id()?;

    let http = reqwest::Client::new();
    let mut visitors = Vec::new();
    for number in 0..connections.div_ceil(CONNECTIONS_PER_USER) {
        let name = format!("visitor {number}");
        visitors.push(Visitor::sign_up(&http, setting.address(), &name).await?);
    }
    // Its connection to the server would be counted too.
    drop(http);

    let clock = Clock::start();
    if let Some(visitor) = visitors.first().filter(|_| options.messages > 0) {
        let talk = resident::talk(visitor.clone(), clock, options.messages);
        timeout(READY_WITHIN, talk).await.context("the room does not fill")??;
    }
    let crowd = PresenceSummary::new(options.topics);
    let mut residents = JoinSet::new();
    let mut connect = {
        let opening = Arc::new(Semaphore::new(OPENING));
        let crowd = crowd.clone();
        let mut numbered = (0_u64..).zip(
            visitors
                .into_iter()
                .flat_map(|visitor| std::iter::repeat_n(visitor, CONNECTIONS_PER_USER)),
        );
        move |residents: &mut JoinSet<Result<()>>, count: usize| {
            for (number, visitor) in numbered.by_ref().take(count) {
                residents.spawn(crowd.clone().live(visitor, clock, number, opening.clone()));
            }
        }
    };

    // In two halves: the first pays for what the server has once, the second for connections alone.
    let before = settled(&crowd, &mut residents, 0, id).await?;
    let half = connections / 2;
    connect(&mut residents, half);
    let middle = settled(&crowd, &mut residents, half, id).await?;
    connect(&mut residents, connections - half);
    let after = settled(&crowd, &mut residents, connections, id).await?;
    residents.shutdown().await;

    say(format_args!(
        "idle: {connections} connections of {} users; {} messages; each follows: {}",
        connections.div_ceil(CONNECTIONS_PER_USER),
        options.messages,
        options.topics.describe()
    ));
    say(format_args!("{:<34}{:>12}{:>12}", "", "VmRSS", "RssAnon"));
    for (when, memory) in [
        ("before".to_owned(), before),
        (format!("with {half}"), middle),
        (format!("with {connections}"), after),
    ] {
        say(format_args!("{when:<34}{:>9} KB{:>9} KB", memory.resident, memory.anonymous));
    }
    for (what, cost) in [
        ("per connection", after.since(before, connections)),
        ("per connection of the second half", after.since(middle, connections - half)),
    ] {
        say(format_args!("{what:<34}{:>9.2} KB{:>9.2} KB", cost.0, cost.1));
    }
    let status = server.stop().await?;
    if !status.success() {
        bail!("the server did not end as it should: {status}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Waits until this many connections are where they should be and the server is quiet; answers what
/// memory it has then.
async fn settled(
    crowd: &PresenceSummary,
    residents: &mut JoinSet<Result<()>>,
    connections: usize,
    server: u32,
) -> Result<Memory> {
    tokio::select! {
        ready = crowd.wait_for(connections, READY_WITHIN) => ready?,
        // They stay until they are sent away.
        Some(gone) = residents.join_next() => {
            gone??;
            bail!("a connection ended by itself");
        }
    }
    let mut looks = interval(QUIET);
    let mut frames = None;
    let began = Instant::now();
    loop {
        looks.tick().await;
        let now = Some(crowd.frames());
        if now == frames {
            return Memory::of(server).context("cannot read the server's memory");
        }
        if began.elapsed() > QUIET_WITHIN {
            bail!("the server does not become quiet");
        }
        frames = now;
    }
}
