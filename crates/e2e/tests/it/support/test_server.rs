//! The server under test: the release binary, as a process that a test can kill and restart.

use std::ffi::OsString;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use super::database::Database;
use super::repository_path;

const LISTENING_PREFIX: &str = "Madang is listening on ";

/// A server with its own data. Dropping it kills the process.
pub(crate) struct TestServer {
    binary: PathBuf,
    folder: TempDir,
    address: SocketAddr,
    arguments: Vec<String>,
    process: Mutex<Option<Child>>,
    was_down: AtomicBool,
}

impl TestServer {
    /// Starts a server on a free port, with an empty data folder and these additional arguments to `madang serve`.
    pub(crate) async fn start(arguments: &[String]) -> Result<Self> {
        let binary = std::env::var_os("MADANG_BIN")
            .map_or_else(|| repository_path("target/release/madang"), PathBuf::from);
        ensure!(
            binary.is_file(),
            "there is no server at {}: run `just build`, or `just e2e`, which builds it",
            binary.display()
        );
        let server = Self {
            binary,
            folder: tempfile::tempdir()?,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?)),
            arguments: arguments.to_vec(),
            process: Mutex::new(None),
            was_down: AtomicBool::new(false),
        };
        server.launch().await?;
        Ok(server)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme(), self.address)
    }

    fn scheme(&self) -> &'static str {
        let encrypted = self.arguments.iter().any(|argument| argument == "--tls-certificate");
        if encrypted { "https" } else { "http" }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether the server was ever killed. Network errors in the browsers' consoles are expected then.
    pub(crate) fn was_down(&self) -> bool {
        self.was_down.load(Ordering::Relaxed)
    }

    /// The link by which one person becomes the owner.
    pub(crate) fn set_up_link(&self) -> Result<String> {
        let path = self.folder.path().join("data").join("setup-link");
        let link = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(link.trim().to_owned())
    }

    /// Opens the server's database.
    pub(crate) fn database(&self) -> Result<Database> {
        Database::open(&self.folder.path().join("data").join("madang.sqlite"))
    }

    /// Kills the process (`kill -9`), without a graceful stop.
    pub(crate) async fn kill(&self) -> Result<()> {
        self.was_down.store(true, Ordering::Relaxed);
        let mut process = self.process.lock().await.take().context("the server is down already")?;
        process.kill().await?;
        Ok(())
    }

    /// Starts the server again, on the same port and with the same data.
    pub(crate) async fn restart(&self) -> Result<()> {
        ensure!(self.process.lock().await.is_none(), "the server is up already");
        self.launch().await
    }

    /// The server's log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    async fn launch(&self) -> Result<()> {
        let log = File::options().append(true).create(true).open(self.log_path())?;
        let mut process = Command::new(&self.binary)
            .arg("serve")
            .args([OsString::from("--listen"), self.address.to_string().into()])
            .args([OsString::from("--data"), self.folder.path().join("data").into()])
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let stdout = process.stdout.take().context("the server has no standard output")?;
        let line = BufReader::new(stdout).lines().next_line().await?;
        let expected = format!("{LISTENING_PREFIX}{}", self.url(""));
        if line.as_deref() != Some(&expected) {
            bail!("the server printed {line:?} instead of {expected:?}; its log:\n{}", self.log());
        }
        *self.process.lock().await = Some(process);
        Ok(())
    }
}

/// A free port below the range of ephemeral ports: no other program gets it by chance while the server is down.
pub(crate) fn free_port() -> Result<u16> {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 10_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Concurrent runs of the tests start at different ports.
    let start = u16::try_from(std::process::id() * 61 % u32::from(COUNT))?;
    for _ in 0..COUNT {
        let step = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = FIRST + step % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("there is no free port from {FIRST} to {}", FIRST + COUNT - 1)
}
