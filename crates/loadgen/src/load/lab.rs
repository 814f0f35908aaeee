//! Servers on their core, the generator on its own, users, and samples of what something costs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use madang_loadgen::Visitor;
use madang_loadgen::raw::stage::StageError;
use madang_shared::presence::TYPING_MAX_PRESENT;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::accounting::Account;
use super::report::Report;
use super::tls::Certified;
use crate::server::{Server, Setting};

/// How long a server is looked at to see whether it does anything: a fiftieth of it is nothing.
const LOOK: Duration = Duration::from_millis(200);
const QUIET_WITHIN: Duration = Duration::from_secs(30);

/// What all scenarios share.
pub(super) struct Lab<'a> {
    runtime: &'a Runtime,
    binary: PathBuf,
    server_core: usize,
    generator_core: usize,
    /// Whether to do less of everything.
    pub(super) quick: bool,
    /// Connections that the system lets this process have.
    pub(super) most_connections: usize,
    pub(super) report: Report,
}

/// A server that runs on its core. Dropping it kills it.
pub(super) struct Running {
    server: Server,
    pub(super) address: SocketAddr,
    pub(super) process: u32,
    /// What it is asked by, and over what.
    http: reqwest::Client,
    scheme: &'static str,
    /// Where its data is, as long as it runs.
    _folder: TempDir,
}

/// A process whose costs are measured, with all that it started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) process: u32,
}

/// What something cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Deliveries, echoes, connections: whatever there was of it.
    pub(super) count: u64,
    /// Of the server's processor.
    pub(super) server: Duration,
    /// Of the generator's.
    pub(super) generator: Duration,
    /// By the clock on the wall.
    pub(super) wall: Duration,
}

impl Sample {
    /// Seconds of the server's processor for a million of them.
    pub(super) fn server_per_million(&self) -> f64 {
        per_million(self.server, self.count)
    }

    /// Seconds of the generator's processor for a million of them.
    pub(super) fn generator_per_million(&self) -> f64 {
        per_million(self.generator, self.count)
    }

    pub(super) fn per_second(&self) -> f64 {
        float(self.count) / self.wall.as_secs_f64()
    }
}

impl<'a> Lab<'a> {
    /// `cores` are the server's and the generator's, where somebody chose them.
    pub(super) fn new(
        runtime: &'a Runtime,
        binary: &Path,
        cores: (Option<usize>, Option<usize>),
        quick: bool,
    ) -> Result<Self> {
        let (server_core, generator_core) = cores;
        let allowed = sched_getaffinity(None).context("cannot tell which cores there are")?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let first = cores.next().unwrap_or_default();
        Ok(Self {
            runtime,
            binary: binary.to_owned(),
            server_core: server_core.unwrap_or(first),
            generator_core: generator_core.unwrap_or(cores.next_back().unwrap_or(first)),
            quick,
            most_connections: usize::MAX,
            report: Report::new(quick),
        })
    }

    /// One or the other.
    pub(super) fn pick<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Users that subscribers are of, in turns.
    pub(super) fn users(&self) -> usize {
        self.pick(20, TYPING_MAX_PRESENT)
    }

    /// The server under test, with a database of its own.
    pub(super) fn start_madang(&self) -> Result<Running> {
        let folder = folder()?;
        let setting = Setting::new(&self.binary, folder.path())?;
        self.start(&setting, folder)
    }

    /// The same within TLS.
    pub(super) fn start_madang_within_tls(&self, certified: &Certified) -> Result<Running> {
        let folder = folder()?;
        let setting = Setting::new(&self.binary, folder.path())?
            .within_tls(&certified.certificate, &certified.key);
        let tls = certified.client.as_ref().clone();
        let http = reqwest::Client::builder().use_preconfigured_tls(tls).build()?;
        Ok(Running { http, scheme: "https", ..self.start(&setting, folder)? })
    }

    pub(super) fn start_yardstick(&self) -> Result<Running> {
        self.start(&Setting::yardstick()?, folder()?)
    }

    /// A server that is not ours.
    pub(super) fn start_foreign(&self, setting: &Setting) -> Result<Running> {
        self.start(setting, folder()?)
    }

    fn start(&self, setting: &Setting, folder: TempDir) -> Result<Running> {
        // What is started is where its starter is, with all its threads.
        self.to_server_core()?;
        let server = self.runtime.block_on(setting.start());
        self.to_generator_core()?;
        let server = server?;
        let process = server.id()?;
        let address = setting.address();
        let (http, scheme) = (reqwest::Client::new(), "http");
        Ok(Running { server, address, process, http, scheme, _folder: folder })
    }

    /// Asks the server to stop; it must end as it should.
    pub(super) fn stop(&self, running: Running) -> Result<()> {
        let status = self.runtime.block_on(running.server.stop())?;
        ensure!(status.success(), "the server did not end as it should: {status}");
        Ok(())
    }

    /// Asks a server to stop that is not ours: with which code it ends is its own matter.
    pub(super) fn stop_foreign(&self, running: Running) -> Result<()> {
        self.runtime.block_on(running.server.stop()).map(|_status| ())
    }

    /// This thread, and whatever it starts, goes to the core that servers are kept on.
    pub(super) fn to_server_core(&self) -> Result<()> {
        pin(self.server_core)
    }

    pub(super) fn to_generator_core(&self) -> Result<()> {
        pin(self.generator_core)
    }

    pub(super) fn sign_up(&self, server: &Running, count: usize) -> Result<Vec<Visitor>> {
        self.sign_up_as(server, "visitor", 0, count)
    }

    /// Under names of their own, with numbers from `first`.
    pub(super) fn sign_up_as(
        &self,
        server: &Running,
        name: &str,
        first: usize,
        count: usize,
    ) -> Result<Vec<Visitor>> {
        let Running { http, scheme, address, .. } = server;
        self.runtime.block_on(async {
            let mut visitors = Vec::with_capacity(count);
            for number in first..first + count {
                let name = format!("{name} {number}");
                visitors.push(Visitor::sign_up_over(http, scheme, *address, &name).await?);
            }
            Ok(visitors)
        })
    }

    /// Lets this much time pass.
    pub(super) fn wait(&self, long: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(long).await });
    }

    /// Waits until a server has nothing to do any more, such as connections that have just ended.
    pub(super) fn quiet(&self, server: &Running) -> Result<()> {
        let began = Instant::now();
        let mut before = Account::of(server.process)?;
        while began.elapsed() < QUIET_WITHIN {
            self.wait(LOOK);
            let now = Account::of(server.process)?;
            if now.since(&before) < LOOK / 50 {
                return Ok(());
            }
            before = now;
        }
        bail!("the server does not become quiet")
    }
}

impl Running {
    /// What of it is measured.
    pub(super) fn measured(&self) -> Measured {
        Measured { process: self.process }
    }

    /// What `work` cost; it answers how much of it there was.
    pub(super) fn sample(&self, work: impl FnOnce() -> Result<u64, StageError>) -> Result<Sample> {
        self.measured().sample(work)
    }
}

impl Measured {
    /// What `work` cost; it answers how much of it there was.
    pub(super) fn sample(self, work: impl FnOnce() -> Result<u64, StageError>) -> Result<Sample> {
        let own = std::process::id();
        let (server, generator) = (Account::of(self.process)?, Account::of_one(own)?);
        let began = Instant::now();
        let count = work()?;
        let wall = began.elapsed();
        let sample = Sample {
            count,
            server: Account::of(self.process)?.since(&server),
            // Without its children: they are the servers.
            generator: Account::of_one(own)?.since(&generator),
            wall,
        };
        ensure!(sample.count > 0, "nothing was delivered");
        Ok(sample)
    }
}

/// Goes when it is dropped.
pub(super) fn folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("madang-load-").tempdir()?)
}

fn pin(core: usize) -> Result<()> {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only).with_context(|| format!("cannot keep to core {core}"))
}

fn per_million(spent: Duration, count: u64) -> f64 {
    spent.as_secs_f64() * 1e6 / float(count)
}

/// The one in the middle.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_precision_loss, reason = "counts of things that happened: below 2^52")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}
