//! The page with React and Socket.IO, and its server.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::measured_server::sample_message;

/// The number of different messages; after them, the texts repeat.
const TEMPLATE: u64 = 5_000;

/// The running server, a Node.js process that is controlled by lines on its standard input.
pub(super) struct ReactServer {
    port: u16,
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl ReactServer {
    pub(super) async fn start(history: usize) -> Result<Self> {
        let folder = std::env::var_os("MADANG_REACT_PEER").map(PathBuf::from);
        let folder = folder.filter(|folder| folder.is_dir());
        let folder = folder.context("the React page is not built: run `just load-web`")?;
        let mut process = Command::new("node")
            .arg(folder.join("server.mjs"))
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start node: the React server needs Node.js")?;
        let input = process.stdin.take().context("no standard input")?;
        let output = process.stdout.take().context("no standard output")?;
        let mut react = Self { port: 0, process, input, output: BufReader::new(output).lines() };
        let line = react.output.next_line().await?.unwrap_or_default();
        let port = line.strip_prefix("listening ").with_context(|| line.clone())?;
        react.port = port.parse()?;
        let template = NamedTempFile::new()?;
        let texts: Vec<_> = (1..=TEMPLATE).map(sample_message).collect();
        serde_json::to_writer(&template, &texts)?;
        react.send_line(&format!("template {}", template.path().display())).await?;
        react.send_line(&format!("history {history}")).await?;
        Ok(react)
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Sends messages at a rate per millisecond; all at once if the rate is 0.
    pub(super) async fn send(&mut self, messages: usize, per_milli: f64) -> Result<()> {
        self.send_line(&format!("send {messages} {per_milli}")).await
    }

    async fn send_line(&mut self, line: &str) -> Result<()> {
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        let answer = self.output.next_line().await?.unwrap_or_default();
        ensure!(answer.starts_with("done "), "{line}: {answer}");
        Ok(())
    }

    pub(super) async fn stop(mut self) {
        drop(self.input);
        // The exit code of the process does not matter.
        self.process.wait().await.ok();
    }
}
