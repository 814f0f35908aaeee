//! The server under test: the real binary, as a process of its own.

use std::ffi::OsString;
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
    arguments: Vec<OsString>,
    /// Of its environment.
    variables: Vec<(OsString, OsString)>,
    address: SocketAddr,
    /// Whether it may say other things before it says where it listens.
    talks: bool,
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
        let mut arguments: Vec<OsString> = ["serve", "--log", "warn"].map(Into::into).into();
        // All visitors of a load come from this machine.
        arguments.extend(["--sign-ups-per-hour", "10000000", "--data"].map(Into::into));
        arguments.push(data.into());
        Ok(Self::listening(binary, arguments, free_address()?))
    }

    /// The same within TLS, with these files.
    pub(crate) fn within_tls(mut self, certificate: &Path, key: &Path) -> Self {
        for (flag, file) in [("--tls-certificate", certificate), ("--tls-key", key)] {
            self.arguments.extend([flag.into(), file.into()]);
        }
        self
    }

    /// The [`yardstick`](crate::yardstick), in a process of its own.
    pub(crate) fn yardstick() -> Result<Self> {
        let binary = std::env::current_exe().context("this program does not know where it is")?;
        Ok(Self::listening(binary, vec!["yardstick".into()], free_address()?))
    }

    /// A server that is not ours. It reads its port from `port` in its environment, and says on its
    /// standard output where it listens, in a line that ends with it.
    pub(crate) fn foreign(
        program: &Path,
        arguments: Vec<OsString>,
        mut variables: Vec<(OsString, OsString)>,
        port: &str,
    ) -> Result<Self> {
        let address = free_address()?;
        variables.push((port.into(), address.port().to_string().into()));
        Ok(Self { binary: program.to_owned(), arguments, variables, address, talks: true })
    }

    fn listening(binary: PathBuf, mut arguments: Vec<OsString>, address: SocketAddr) -> Self {
        arguments.extend(["--listen".into(), address.to_string().into()]);
        Self { binary, arguments, variables: Vec::new(), address, talks: false }
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts the server, and waits until it listens.
    pub(crate) async fn start(&self) -> Result<Server> {
        let mut child = Command::new(&self.binary)
            .args(&self.arguments)
            .env_remove("MADANG_CONFIG")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary.display()))?;
        let stdout = child.stdout.take().context("the server has no standard output")?;
        let mut stdout = BufReader::new(stdout).lines();
        let listens = timeout(START_WITHIN, self.wait_for(&mut stdout)).await;
        if listens.context("the server does not come up")?? {
            return Ok(Server { child, _stdout: stdout });
        }
        bail!("the server ended at its start: {}", child.wait().await?)
    }

    /// Whether it says where it listens, before it ends.
    async fn wait_for(&self, stdout: &mut Lines<BufReader<ChildStdout>>) -> Result<bool> {
        let place = format!("://{}", self.address);
        while let Some(line) = stdout.next_line().await.context("cannot hear the server")? {
            if line.ends_with(&place) {
                return Ok(true);
            }
            if !self.talks {
                bail!("the server says something unexpected: {line}");
            }
        }
        Ok(false)
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
