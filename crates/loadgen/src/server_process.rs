//! The server under test: the real binary in its own process.

use std::ffi::OsString;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rand::Rng;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::error::LoadgenError;

/// From the start of the process until it listens. The server may have to recover a log first.
const START_WITHIN: Duration = Duration::from_secs(30);
/// From SIGTERM until the process has exited. The server's own deadline is shorter.
const STOP_WITHIN: Duration = Duration::from_secs(40);
/// Below the ephemeral ports (Linux: from 32768). With a port in that range, a client that connects while
/// the server is down can be assigned the server's own port, connect to itself, and keep the port busy
/// when the server restarts.
const PORTS: std::ops::Range<u16> = 15_000..32_000;

/// The program, arguments and address of a server: the same for every restart.
#[derive(Clone, Debug)]
pub struct ServerCommand {
    binary: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    /// The file of the server's log; without it the log goes to standard error.
    log: Option<PathBuf>,
    address: SocketAddr,
    /// Whether the server may print other lines before its address.
    other_output: bool,
}

/// A running server. Dropping it kills the process.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    /// Kept open so that the server's writes to it never fail.
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl ServerCommand {
    /// `madang serve` with its data in the folder `data`, on a free port of the loopback address.
    ///
    /// # Errors
    /// [`LoadgenError::NoBinary`] and [`LoadgenError::NoFreePort`].
    pub fn madang(binary: &Path, data: &Path) -> Result<Self, LoadgenError> {
        // All test users share one address, and send as fast as the server answers.
        let mut command = Self::madang_with_default_budgets(binary, data)?;
        command.arguments.extend(["--budget-factor", "100000"].map(Into::into));
        Ok(command)
    }

    /// As [`Self::madang`], with the budgets of a server for people.
    ///
    /// # Errors
    /// As [`Self::madang`].
    pub fn madang_with_default_budgets(binary: &Path, data: &Path) -> Result<Self, LoadgenError> {
        if !binary.is_file() {
            return Err(LoadgenError::NoBinary(binary.to_owned()));
        }
        let mut arguments: Vec<OsString> =
            ["serve", "--log", "warn", "--data"].map(Into::into).into();
        arguments.push(data.into());
        Self::listening(binary.to_owned(), arguments)
    }

    /// Limits the open files of the server.
    #[must_use]
    pub fn with_open_files(mut self, limit: u64) -> Self {
        // The shell becomes the program, which keeps its process id.
        let script = format!("ulimit -n {limit}; exec \"$0\" \"$@\"");
        let binary = std::mem::replace(&mut self.binary, "sh".into());
        self.arguments.splice(0..0, ["-c".into(), script.into(), binary.into()]);
        self
    }

    /// Leaves the last commits to the operating system: they survive the end of the process, but not a loss of power.
    #[must_use]
    pub fn with_synchronous_normal(mut self) -> Self {
        self.arguments.extend(["--synchronous", "normal"].map(Into::into));
        self
    }

    /// Serves HTTPS with this certificate and key instead of HTTP.
    #[must_use]
    pub fn with_tls(mut self, certificate: &Path, key: &Path) -> Self {
        for (flag, file) in [("--tls-certificate", certificate), ("--tls-key", key)] {
            self.arguments.extend([flag.into(), file.into()]);
        }
        self
    }

    /// The same server on the same address, with its data in a PostgreSQL database.
    #[must_use]
    pub fn with_database(mut self, url: &str) -> Self {
        self.environment.push(("MADANG_DATABASE".into(), url.into()));
        self
    }

    /// The same server on the same address, with its data in another folder.
    #[must_use]
    pub fn with_data(mut self, folder: &Path) -> Self {
        let data = self.arguments.iter().position(|it| it == "--data");
        if let Some(value) = data.and_then(|flag| self.arguments.get_mut(flag + 1)) {
            *value = folder.into();
        }
        self
    }

    /// Keeps the data in a PostgreSQL database, as one of several nodes that a NATS server connects.
    #[must_use]
    pub fn as_node(mut self, database: &str, bus: SocketAddr) -> Self {
        self.environment.push(("MADANG_DATABASE".into(), database.into()));
        self.arguments.extend(["--bus".into(), format!("nats://{bus}").into()]);
        self
    }

    /// Appends the server's log to a file.
    #[must_use]
    pub fn with_log(mut self, file: &Path) -> Self {
        self.log = Some(file.to_owned());
        self
    }

    /// A program that listens on the address of its `--listen` flag and then prints a line that ends with
    /// `://<address>`.
    ///
    /// # Errors
    /// [`LoadgenError::NoFreePort`].
    pub fn listening(binary: PathBuf, mut arguments: Vec<OsString>) -> Result<Self, LoadgenError> {
        let address = free_address()?;
        arguments.extend(["--listen".into(), address.to_string().into()]);
        let environment = Vec::new();
        Ok(Self { binary, arguments, environment, log: None, address, other_output: false })
    }

    /// A program that reads its port from the environment variable `port_variable`. It prints a line that
    /// ends with `://<address>` once it listens, possibly after other lines.
    ///
    /// # Errors
    /// [`LoadgenError::NoFreePort`].
    pub fn external(
        program: &Path,
        arguments: Vec<OsString>,
        mut environment: Vec<(OsString, OsString)>,
        port_variable: &str,
    ) -> Result<Self, LoadgenError> {
        let address = free_address()?;
        environment.push((port_variable.into(), address.port().to_string().into()));
        let binary = program.to_owned();
        Ok(Self { binary, arguments, environment, log: None, address, other_output: true })
    }

    /// The address of the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts the server and waits until it listens.
    ///
    /// # Errors
    /// [`LoadgenError`], if the server does not start, exits, or does not listen in time.
    pub async fn start(&self) -> Result<ServerProcess, LoadgenError> {
        let log = match &self.log {
            Some(file) => File::options().create(true).append(true).open(file)?.into(),
            None => Stdio::inherit(),
        };
        let mut child = Command::new(&self.binary)
            .args(&self.arguments)
            .env_remove("MADANG_CONFIG")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| LoadgenError::Start { program: self.binary.clone(), source })?;
        let stdout = child.stdout.take().ok_or(LoadgenError::Exited(None))?;
        let mut stdout = BufReader::new(stdout).lines();
        let listens = timeout(START_WITHIN, self.wait_for_address(&mut stdout)).await;
        if listens.map_err(|_| LoadgenError::StartTimeout(START_WITHIN.as_secs()))?? {
            return Ok(ServerProcess { child, _stdout: stdout });
        }
        Err(LoadgenError::ExitedAtStart(child.wait().await?))
    }

    /// Whether the server prints its address before it closes its output.
    async fn wait_for_address(
        &self,
        stdout: &mut Lines<BufReader<ChildStdout>>,
    ) -> Result<bool, LoadgenError> {
        let address = format!("://{}", self.address);
        while let Some(line) = stdout.next_line().await? {
            if line.ends_with(&address) {
                return Ok(true);
            }
            if !self.other_output {
                return Err(LoadgenError::UnexpectedOutput(line));
            }
        }
        Ok(false)
    }
}

/// A loopback address with a port that is free now.
pub(crate) fn free_address() -> Result<SocketAddr, LoadgenError> {
    let mut random = rand::rng();
    let free = (0..100).find_map(|_| {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, random.random_range(PORTS)));
        TcpListener::bind(address).is_ok().then_some(address)
    });
    free.ok_or(LoadgenError::NoFreePort)
}

impl ServerProcess {
    /// The process id.
    ///
    /// # Errors
    /// [`LoadgenError::Exited`].
    pub fn id(&self) -> Result<u32, LoadgenError> {
        self.child.id().ok_or(LoadgenError::Exited(None))
    }

    /// Fails if the server has exited by itself.
    ///
    /// # Errors
    /// [`LoadgenError::Exited`].
    pub fn check_running(&mut self) -> Result<(), LoadgenError> {
        match self.child.try_wait()? {
            Some(status) => Err(LoadgenError::Exited(Some(status))),
            None => Ok(()),
        }
    }

    /// Kills the process (SIGKILL) and waits for its end.
    ///
    /// # Errors
    /// [`LoadgenError::Exited`], if the server had already exited.
    pub async fn kill(mut self) -> Result<(), LoadgenError> {
        if let Some(status) = self.child.try_wait()? {
            return Err(LoadgenError::Exited(Some(status)));
        }
        Ok(self.child.kill().await?)
    }

    /// Asks the server to stop (SIGTERM) and returns its exit status.
    ///
    /// # Errors
    /// [`LoadgenError::Exited`], if the server had already exited; [`LoadgenError::StopTimeout`].
    pub async fn stop(mut self) -> Result<ExitStatus, LoadgenError> {
        let id = i32::try_from(self.id()?).ok().and_then(Pid::from_raw);
        let id = id.ok_or(LoadgenError::Exited(None))?;
        kill_process(id, Signal::TERM).map_err(std::io::Error::from)?;
        let status = timeout(STOP_WITHIN, self.child.wait()).await;
        Ok(status.map_err(|_| LoadgenError::StopTimeout(STOP_WITHIN.as_secs()))??)
    }
}
