//! A NATS server of the tests, which can be killed and started again.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::error::LoadgenError;
use crate::server_process::free_address;

const START_WITHIN: Duration = Duration::from_secs(30);
const READY: &str = "Server is ready";

/// A NATS server on a loopback port. Dropping it kills the server.
#[derive(Debug)]
pub struct NatsServer {
    address: SocketAddr,
    child: Option<Child>,
}

impl NatsServer {
    /// Starts a server on a free port.
    ///
    /// # Errors
    /// [`LoadgenError::Nats`], if NATS is not installed or does not start.
    pub async fn start() -> Result<Self, LoadgenError> {
        let mut server = Self { address: free_address()?, child: None };
        server.restart().await?;
        Ok(server)
    }

    /// The address of the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process id.
    ///
    /// # Errors
    /// [`LoadgenError::Exited`], if it does not run.
    pub fn id(&self) -> Result<u32, LoadgenError> {
        self.child.as_ref().and_then(Child::id).ok_or(LoadgenError::Exited(None))
    }

    /// Kills the server (SIGKILL).
    ///
    /// # Errors
    /// [`LoadgenError::Nats`], if it does not run.
    pub async fn kill(&mut self) -> Result<(), LoadgenError> {
        let child = self.child.take();
        let mut child = child.ok_or_else(|| failed("the server is down already"))?;
        Ok(child.kill().await?)
    }

    /// Starts the killed server again, on its port.
    ///
    /// # Errors
    /// [`LoadgenError::Nats`], if it does not start in time.
    pub async fn restart(&mut self) -> Result<(), LoadgenError> {
        // Debian installs it in a folder that is only on root's PATH.
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin";
        let mut child = Command::new("nats-server")
            .env("PATH", path)
            .args(["-a", "127.0.0.1", "-p", &self.address.port().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                failed(&format!("{error}; install it (Debian: apt-get install nats-server)"))
            })?;
        let stderr = child.stderr.take().ok_or_else(|| failed("the server has no log"))?;
        let mut lines = BufReader::new(stderr).lines();
        let started = timeout(START_WITHIN, async {
            let mut log = String::new();
            while let Some(line) = lines.next_line().await? {
                if line.contains(READY) {
                    return Ok(());
                }
                log.push_str(&line);
                log.push('\n');
            }
            Err(failed(&log))
        });
        started.await.map_err(|_| failed("the server does not start in time"))??;
        // A full pipe would stop the server.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.child = Some(child);
        Ok(())
    }
}

fn failed(detail: &str) -> LoadgenError {
    LoadgenError::Nats(detail.to_owned())
}
