//! A NATS server on a free loopback port, which ends with its value.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Time limit for the start.
const START_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) struct NatsServer {
    arguments: Vec<String>,
    child: Option<Child>,
    pub(crate) port: u16,
    _folder: TempDir,
}

impl NatsServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| Vec::new()).await
    }

    /// Starts a server with further arguments. They may name files in a folder that ends with the server.
    pub(crate) async fn start_with(arguments: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let folder = TempDir::new().unwrap();
        let arguments = arguments(folder.path());
        let mut server = Self { arguments, child: None, port: 0, _folder: folder };
        // The server chooses a free port.
        server.start_on("-1").await;
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn stop(&mut self) {
        self.child.take().expect("runs").kill().await.unwrap();
    }

    /// Starts the server again, on its former port.
    pub(crate) async fn restart(&mut self) {
        self.start_on(&self.port.to_string()).await;
    }

    async fn start_on(&mut self, port: &str) {
        // Debian installs it where root alone finds it.
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin";
        let child = Command::new("nats-server")
            .env("PATH", path)
            .args(["-a", "127.0.0.1", "-p", port])
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = child.unwrap_or_else(|error| {
            panic!(
                "nats-server does not start ({error}); install it (Debian: apt-get install nats-server), \
                or put its binary from nats.io into the PATH"
            )
        });
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let started = tokio::time::timeout(START_TIMEOUT, async {
            let mut log = String::new();
            while let Some(line) = lines.next_line().await.unwrap() {
                let address = line.split_once("for client connections on 127.0.0.1:");
                if let Some((_, port)) = address {
                    self.port = port.trim().parse().expect("a port");
                }
                if line.contains("Server is ready") {
                    return;
                }
                log += &line;
                log.push('\n');
            }
            panic!("nats-server ended:\n{log}");
        });
        started.await.expect("starts in time");
        // A full pipe would stop the server.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.child = Some(child);
    }
}
