//! The environment of all scenarios: servers on one core, the generator on another, test users, the report.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use madang_bench::HarnessError;
use madang_loadgen::{CpuTime, SelfSignedCertificate, ServerCommand, ServerProcess, TestUser};
use madang_shared::presence::TYPING_MAX_PRESENT;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::report::LoadReport;
use super::sample::Sample;

/// A server is quiet if it uses less than a fiftieth of this interval.
const QUIET_INTERVAL: Duration = Duration::from_millis(200);
/// Time limit for a server to become quiet.
const QUIET_WITHIN: Duration = Duration::from_secs(30);

/// The environment of all scenarios.
pub(super) struct Environment<'a> {
    runtime: &'a Runtime,
    binary: PathBuf,
    server_core: usize,
    generator_core: usize,
    /// Whether to run shorter and smaller measurements.
    pub(super) quick: bool,
    /// Maximum number of connections of this process.
    pub(super) max_connections: usize,
    pub(super) report: LoadReport,
}

/// A running server on its core. Dropping it kills the process.
pub(super) struct RunningServer {
    process: ServerProcess,
    pub(super) address: SocketAddr,
    pub(super) process_id: u32,
    /// Sends the sign-ups, over `scheme`.
    http: reqwest::Client,
    scheme: &'static str,
    /// The server's data; deleted when this is dropped.
    _folder: TempDir,
}

/// A process whose costs are measured, including the processes that it starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct MeasuredProcess {
    pub(super) id: u32,
}

impl<'a> Environment<'a> {
    /// `cores` are the cores of the servers and of the generator; `None` selects the first and the last
    /// available one.
    pub(super) fn new(
        runtime: &'a Runtime,
        binary: &Path,
        cores: (Option<usize>, Option<usize>),
        quick: bool,
    ) -> Result<Self> {
        let (server_core, generator_core) = cores;
        let allowed = sched_getaffinity(None).context("cannot read the available cores")?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let first = cores.next().unwrap_or_default();
        Ok(Self {
            runtime,
            binary: binary.to_owned(),
            server_core: server_core.unwrap_or(first),
            generator_core: generator_core.unwrap_or(cores.next_back().unwrap_or(first)),
            quick,
            max_connections: usize::MAX,
            report: LoadReport::new(quick),
        })
    }

    /// Returns `quick` in a quick run, otherwise `full`.
    pub(super) fn pick<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Number of users that the subscribers belong to, in turns.
    pub(super) fn users(&self) -> usize {
        self.pick(20, TYPING_MAX_PRESENT)
    }

    /// Starts Madang with a new database.
    pub(super) fn start_madang(&self) -> Result<RunningServer> {
        let folder = temporary_folder()?;
        let command = ServerCommand::madang(&self.binary, folder.path())?;
        self.start(&command, folder)
    }

    /// Starts Madang with a new database and this certificate.
    pub(super) fn start_madang_with_tls(
        &self,
        certificate: &SelfSignedCertificate,
    ) -> Result<RunningServer> {
        let folder = temporary_folder()?;
        let command = ServerCommand::madang(&self.binary, folder.path())?
            .with_tls(&certificate.certificate, &certificate.key);
        let tls = certificate.client.as_ref().clone();
        let http = reqwest::Client::builder().use_preconfigured_tls(tls).build()?;
        Ok(RunningServer { http, scheme: "https", ..self.start(&command, folder)? })
    }

    /// Starts the baseline server.
    pub(super) fn start_baseline(&self) -> Result<RunningServer> {
        let binary = std::env::current_exe().context("cannot find the path of this program")?;
        let command = ServerCommand::listening(binary, vec!["baseline".into()])?;
        self.start(&command, temporary_folder()?)
    }

    /// The server binary.
    pub(super) fn binary(&self) -> &Path {
        &self.binary
    }

    /// Waits for a future.
    pub(super) fn wait_for<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Starts another server.
    pub(super) fn start_external(&self, command: &ServerCommand) -> Result<RunningServer> {
        self.start(command, temporary_folder()?)
    }

    fn start(&self, command: &ServerCommand, folder: TempDir) -> Result<RunningServer> {
        // A child process and all its threads inherit the core of this thread.
        self.move_to_server_core()?;
        let process = self.runtime.block_on(command.start());
        self.move_to_generator_core()?;
        let process = process?;
        let process_id = process.id()?;
        let address = command.address();
        let (http, scheme) = (reqwest::Client::new(), "http");
        Ok(RunningServer { process, address, process_id, http, scheme, _folder: folder })
    }

    /// Stops the server and checks that it exits without an error.
    pub(super) fn stop(&self, server: RunningServer) -> Result<()> {
        let status = self.runtime.block_on(server.process.stop())?;
        ensure!(status.success(), "the server exited with an error: {status}");
        Ok(())
    }

    /// Stops another server; its exit status does not matter.
    pub(super) fn stop_external(&self, server: RunningServer) -> Result<()> {
        self.runtime.block_on(server.process.stop())?;
        Ok(())
    }

    /// Moves this thread, and the threads and processes that it starts from now on, to the servers' core.
    pub(super) fn move_to_server_core(&self) -> Result<()> {
        pin(self.server_core)
    }

    /// Moves this thread to the generator's core.
    pub(super) fn move_to_generator_core(&self) -> Result<()> {
        pin(self.generator_core)
    }

    /// Signs up users.
    pub(super) fn sign_up(&self, server: &RunningServer, count: usize) -> Result<Vec<TestUser>> {
        self.sign_up_as(server, "user", 0, count)
    }

    /// Signs up users with this name and consecutive numbers from `first` on.
    pub(super) fn sign_up_as(
        &self,
        server: &RunningServer,
        name: &str,
        first: usize,
        count: usize,
    ) -> Result<Vec<TestUser>> {
        let RunningServer { http, scheme, address, .. } = server;
        self.runtime.block_on(async {
            let mut users = Vec::with_capacity(count);
            for number in first..first + count {
                let name = format!("{name} {number}");
                users.push(TestUser::sign_up_over(http, scheme, *address, &name).await?);
            }
            Ok(users)
        })
    }

    /// Waits.
    pub(super) fn wait(&self, duration: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(duration).await });
    }

    /// Waits until a server is quiet, for example after connections have ended.
    pub(super) fn wait_until_quiet(&self, server: &RunningServer) -> Result<()> {
        let began = Instant::now();
        let mut before = CpuTime::of_process_tree(server.process_id)?;
        while began.elapsed() < QUIET_WITHIN {
            self.wait(QUIET_INTERVAL);
            let now = CpuTime::of_process_tree(server.process_id)?;
            if now.since(&before) < QUIET_INTERVAL / 50 {
                return Ok(());
            }
            before = now;
        }
        bail!("the server does not become quiet within {} s", QUIET_WITHIN.as_secs())
    }
}

impl RunningServer {
    /// The measured process of this server.
    pub(super) fn measured(&self) -> MeasuredProcess {
        MeasuredProcess { id: self.process_id }
    }

    /// Measures the cost of `work`, which returns its number of operations.
    pub(super) fn sample(
        &self,
        work: impl FnOnce() -> Result<u64, HarnessError>,
    ) -> Result<Sample> {
        self.measured().sample(work)
    }
}

impl MeasuredProcess {
    /// Measures the cost of `work`, which returns its number of operations.
    pub(super) fn sample(self, work: impl FnOnce() -> Result<u64, HarnessError>) -> Result<Sample> {
        let generator_id = std::process::id();
        let server = CpuTime::of_process_tree(self.id)?;
        // Without its children, which are the servers.
        let generator = CpuTime::of_process(generator_id)?;
        let began = Instant::now();
        let count = work()?;
        let elapsed = began.elapsed();
        let server = CpuTime::of_process_tree(self.id)?.since(&server);
        let generator = CpuTime::of_process(generator_id)?.since(&generator);
        ensure!(count > 0, "no message was delivered");
        Ok(Sample { count, server, generator, elapsed })
    }
}

/// A temporary folder, deleted when it is dropped.
pub(super) fn temporary_folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("madang-load-").tempdir()?)
}

fn pin(core: usize) -> Result<()> {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only).with_context(|| format!("cannot pin this thread to core {core}"))
}
