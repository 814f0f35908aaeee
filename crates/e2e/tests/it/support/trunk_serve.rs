//! `trunk serve` in the repository, as a developer starts it, with its proxies pointed at a test server.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::repository_path;
use super::test_server::TestServer;

/// A running `trunk serve`. Dropping it stops it.
pub(crate) struct TrunkServe {
    port: u16,
    _folder: TempDir,
    _process: Child,
    // Keeps the pipe open: trunk exits when a write to it fails.
    _output: Lines<BufReader<ChildStdout>>,
}

impl TrunkServe {
    /// Starts trunk on a port, with the proxies of `Trunk.toml` pointed at a server. Returns once the app is built and
    /// served.
    pub(crate) async fn start(server: &TestServer, port: u16) -> Result<Self> {
        // Inside the repository, where cargo finds its configuration.
        let target = repository_path("target");
        fs::create_dir_all(&target)?;
        let folder = tempfile::tempdir_in(target)?;
        let configuration = folder.path().join("Trunk.toml");
        fs::write(&configuration, configuration_for(server, port, folder.path())?)?;
        let program = std::env::var_os("MADANG_TRUNK").unwrap_or_else(|| "trunk".into());
        let mut process = Command::new(&program)
            .args(["serve", "--skip-version-check", "--config"])
            .arg(&configuration)
            // trunk 0.21 reads this variable as its own flag and rejects the value.
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.path().join("log"))?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}: run `just e2e`", program.display()))?;
        let stdout = process.stdout.take().context("trunk has no standard output")?;
        let mut output = BufReader::new(stdout).lines();
        let mut log = String::new();
        while let Some(line) = output.next_line().await? {
            ensure!(!line.contains(" ERROR "), "trunk failed:\n{log}{line}");
            if line.contains("server listening at") {
                return Ok(Self { port, _folder: folder, _process: process, _output: output });
            }
            log.push_str(&line);
            log.push('\n');
        }
        bail!("trunk did not start:\n{log}")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Changes the modification time of the page's source, as saving it in an editor does.
    pub(crate) fn touch_page() -> Result<()> {
        let page = fs::File::options().append(true).open(repository_path("frontend/index.html"))?;
        let changed = page.metadata()?.modified()? + Duration::from_secs(1);
        Ok(page.set_modified(changed)?)
    }
}

/// `Trunk.toml` with another port, another server and another output folder.
fn configuration_for(server: &TestServer, port: u16, folder: &Path) -> Result<String> {
    let mut text = fs::read_to_string(repository_path("Trunk.toml"))?;
    let root = fs::canonicalize(repository_path(""))?;
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
