//! `trunk serve` in the repository, as a developer starts it, before a server.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::in_repository;
use super::server::Server;

/// A running `trunk serve`. Dropping it stops it.
pub(crate) struct TrunkServe {
    port: u16,
    _folder: TempDir,
    _process: Child,
    // trunk would stop at the first line that it could not write.
    _output: Lines<BufReader<ChildStdout>>,
}

impl TrunkServe {
    /// Starts it on a port, with the proxies of `Trunk.toml` led to this server. Returns once the app is
    /// built and served.
    pub(crate) async fn start(server: &Server, port: u16) -> Result<Self> {
        // Below the repository, where cargo finds its configuration.
        let target = in_repository("target");
        fs::create_dir_all(&target)?;
        let folder = tempfile::tempdir_in(target)?;
        let configuration = folder.path().join("Trunk.toml");
        fs::write(&configuration, configuration_for(server, port, folder.path())?)?;
        let program = std::env::var_os("MADANG_TRUNK").unwrap_or_else(|| "trunk".into());
        let mut process = Command::new(&program)
            .args(["serve", "--skip-version-check", "--config"])
            .arg(&configuration)
            // trunk 0.21 takes its value for a value of its own flag.
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.path().join("log"))?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}: run `just e2e`", program.display()))?;
        let stdout = process.stdout.take().context("trunk has no standard output")?;
        let mut output = BufReader::new(stdout).lines();
        let mut said = String::new();
        while let Some(line) = output.next_line().await? {
            ensure!(!line.contains(" ERROR "), "trunk fails:\n{said}{line}");
            if line.contains("server listening at") {
                return Ok(Self { port, _folder: folder, _process: process, _output: output });
            }
            said.push_str(&line);
            said.push('\n');
        }
        bail!("trunk did not start:\n{said}")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Gives the page's source another time stamp, as an editor does that saves it.
    pub(crate) fn touch_page() -> Result<()> {
        let page = fs::File::options().append(true).open(in_repository("frontend/index.html"))?;
        let changed = page.metadata()?.modified()? + Duration::from_secs(1);
        Ok(page.set_modified(changed)?)
    }
}

/// `Trunk.toml` with another port, another server, and a folder of its own for what is built.
fn configuration_for(server: &Server, port: u16, folder: &Path) -> Result<String> {
    let mut text = fs::read_to_string(in_repository("Trunk.toml"))?;
    let root = fs::canonicalize(in_repository(""))?;
    let dist = folder.join("dist");
    let mut replacements = vec![
        ("\"target/trunk\"".to_owned(), format!("{:?}", dist.display().to_string())),
        ("port = 3000".to_owned(), format!("port = {port}")),
        ("127.0.0.1:5001".to_owned(), server.address().to_string()),
    ];
    for sources in ["crates", "frontend", "shared"] {
        replacements.push((format!("\"{sources}"), format!("\"{}/{sources}", root.display())));
    }
    for (from, to) in replacements {
        ensure!(text.contains(&from), "Trunk.toml does not name {from}");
        text = text.replace(&from, &to);
    }
    Ok(text)
}
