//! The chromedriver process.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// The number of times that chromedriver is started until it runs.
const ATTEMPTS: u32 = 5;

/// A running chromedriver. Dropping it ends the process.
pub(crate) struct Chromedriver {
    url: String,
    _process: Child,
    // Keeps the pipe open: chromedriver exits when a write to it fails.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Chromedriver {
    /// Starts chromedriver on a free port.
    ///
    /// Chromedriver takes a free port of IPv4 and ends if another program has the same port of IPv6, or the other way
    /// round. It is started again then.
    pub(crate) async fn start() -> Result<Self> {
        let mut output = String::new();
        for _ in 0..ATTEMPTS {
            match Self::try_start().await? {
                Ok(started) => return Ok(started),
                Err(printed) => output = printed,
            }
        }
        bail!("chromedriver did not start {ATTEMPTS} times; the last time it printed:\n{output}")
    }

    /// The running process, or what it printed before its end.
    async fn try_start() -> Result<Result<Self, String>> {
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
        let mut printed = String::new();
        while let Some(line) = output.next_line().await? {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                let url = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
                return Ok(Ok(Self { url, _process: process, _output: output }));
            }
            printed.push_str(&line);
            printed.push('\n');
        }
        Ok(Err(printed))
    }

    /// The address of its `WebDriver` endpoint.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}
