//! The chromedriver process.

use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A running chromedriver. Dropping it ends the process.
pub(crate) struct Chromedriver {
    url: String,
    _process: Child,
    // Keeps the pipe open: chromedriver exits when a write to it fails.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Chromedriver {
    /// Starts chromedriver on a free port.
    pub(crate) async fn start() -> Result<Self> {
        let program = std::env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let mut process = Command::new(&program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}: run `just e2e`", program.display()))?;
        let stdout = process.stdout.take().context("chromedriver has no standard output")?;
        let mut output = BufReader::new(stdout).lines();
        loop {
            let line = output.next_line().await?.context("chromedriver did not start")?;
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                let url = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
                return Ok(Self { url, _process: process, _output: output });
            }
        }
    }

    /// The address of its `WebDriver` endpoint.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}
