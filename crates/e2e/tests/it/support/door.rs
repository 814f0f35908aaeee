//! The door of `just dev`: one origin, with the app and the hub behind it.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::in_repository;
use super::server::{Server, free_port};

/// A running door. Dropping it shuts it.
pub(crate) struct Door {
    port: u16,
    _process: Child,
}

impl Door {
    /// Opens a door with a server behind it, in both roles: it has the app, as trunk would.
    pub(crate) async fn before(server: &Server) -> Result<Self> {
        let (port, behind) = (free_port()?, server.address().port());
        let mut process = Command::new("node")
            .arg(in_repository("scripts/dev-door.mjs"))
            .args([port, behind, behind].map(|port| port.to_string()))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the door needs Node.js")?;
        let stdout = process.stdout.take().context("the door has no standard output")?;
        let line = BufReader::new(stdout).lines().next_line().await?;
        ensure!(line.is_some(), "the door did not open");
        Ok(Self { port, _process: process })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}
