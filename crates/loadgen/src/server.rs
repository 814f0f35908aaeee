//! The server under test: the real binary, as a process of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rand::Rng;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// From the start of the process until it listens. It may have a damaged log to read back.
const START_WITHIN: Duration = Duration::from_secs(30);
/// From SIGTERM until the process has ended; its own deadline is shorter.
const STOP_WITHIN: Duration = Duration::from_secs(40);
/// Below the ports that systems give to outgoing connections (Linux: from 32768). Within that range a
/// client that connects while the server is down can be given the server's own port, be connected
/// to itself, and keep the server from coming back.
const PORTS: std::ops::Range<u16> = 15_000..32_000;

/// What to start, and where: the same for every life of the server.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    binary: PathBuf,
    /// None for the yardstick, which keeps nothing.
    data: Option<PathBuf>,
    address: SocketAddr,
    /// Certificate and key, where it speaks TLS.
    tls: Option<(PathBuf, PathBuf)>,
}

/// A server that runs. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Kept open, so that the server can go on writing to it.
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Setting {
    /// A port that is free now, on this machine only.
    pub(crate) fn new(binary: &Path, data: &Path) -> Result<Self> {
        let binary = binary.to_owned();
        ensure!(
            binary.is_file(),
            "there is no server at {}; `just build` makes it",
            binary.display()
        );
        Ok(Self { binary, data: Some(data.to_owned()), address: free_address()?, tls: None })
    }

    /// The same within TLS, with these files.
    pub(crate) fn within_tls(mut self, certificate: &Path, key: &Path) -> Self {
        self.tls = Some((certificate.to_owned(), key.to_owned()));
        self
    }

    /// The [`yardstick`](crate::yardstick), in a process of its own.
    pub(crate) fn yardstick() -> Result<Self> {
        let binary = std::env::current_exe().context("this program does not know where it is")?;
        Ok(Self { binary, data: None, address: free_address()?, tls: None })
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts the server, and waits until it listens.
    pub(crate) async fn start(&self) -> Result<Server> {
        let mut command = Command::new(&self.binary);
        match &self.data {
            Some(data) => {
                // All visitors of a load come from this machine.
                command.args([
                    "serve",
                    "--log",
                    "warn",
                    "--sign-ups-per-hour",
                    "10000000",
                    "--data",
                ]);
                command.arg(data)
            }
            None => command.arg("yardstick"),
        };
        let scheme = if let Some((certificate, key)) = &self.tls {
            command.arg("--tls-certificate").arg(certificate).arg("--tls-key").arg(key);
            "https"
        } else {
            "http"
        };
        let mut child = command
            .args(["--listen", &self.address.to_string()])
            .env_remove("MADANG_CONFIG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary.display()))?;
        let stdout = child.stdout.take().context("the server has no standard output")?;
        let mut stdout = BufReader::new(stdout).lines();
        let line = timeout(START_WITHIN, stdout.next_line()).await;
        let line =
            line.context("the server does not come up")?.context("cannot hear the server")?;
        match line {
            Some(line) if line.ends_with(&format!(" {scheme}://{}", self.address)) => {
                Ok(Server { child, _stdout: stdout })
            }
            Some(line) => bail!("the server says something unexpected: {line}"),
            None => bail!("the server ended at its start: {}", child.wait().await?),
        }
    }
}

/// A port that is free now, on this machine only.
fn free_address() -> Result<SocketAddr> {
    let mut random = rand::rng();
    let free = (0..100).find_map(|_| {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, random.random_range(PORTS)));
        TcpListener::bind(address).is_ok().then_some(address)
    });
    free.context("there is no free port")
}

impl Server {
    /// Its process.
    pub(crate) fn id(&self) -> Result<u32> {
        self.child.id().context("the server has ended by itself")
    }

    /// Kills it where it stands (SIGKILL), and waits until the system has taken it away.
    pub(crate) async fn kill(mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the server ended by itself: {status}");
        }
        self.child.kill().await.context("cannot kill the server")
    }

    /// Asks it to stop (SIGTERM); answers how it ended.
    pub(crate) async fn stop(mut self) -> Result<ExitStatus> {
        let id = self.id()?;
        let id = i32::try_from(id).ok().and_then(Pid::from_raw).context("an odd process id")?;
        kill_process(id, Signal::TERM).context("cannot signal the server")?;
        let status = timeout(STOP_WITHIN, self.child.wait()).await;
        Ok(status.context("the server does not stop")??)
    }
}
