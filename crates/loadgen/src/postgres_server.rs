//! A PostgreSQL server of the tests, which can be killed and started again.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::error::LoadgenError;
use crate::server_process::free_address;

const MISSING: &str = "install PostgreSQL 15 or newer (Debian: apt-get install postgresql), or name the folder of \
    `initdb` in MADANG_POSTGRES_BIN";
/// From the start until connections are accepted, the recovery of the log included.
const START_WITHIN: Duration = Duration::from_mins(1);
/// The wait before another attempt, while processes of the killed server end.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
const READY: &str = "database system is ready to accept connections";

/// A cluster in a temporary folder, and its server. Commits wait for the disk. Dropping it kills the server.
#[derive(Debug)]
pub struct PostgresServer {
    programs: PathBuf,
    user: Option<(u32, u32)>,
    address: SocketAddr,
    child: Option<Child>,
    folder: TempDir,
}

impl PostgresServer {
    /// Creates a cluster with the database `madang`, and starts its server on a free loopback port. PostgreSQL refuses to
    /// run as root, so it then runs as a user of its own.
    ///
    /// # Errors
    /// [`LoadgenError::Postgres`], if PostgreSQL is not installed or does not start.
    pub async fn start() -> Result<Self, LoadgenError> {
        let folder = tempfile::Builder::new().prefix("madang-postgres-").tempdir_in("/tmp")?;
        let user = own_user()?;
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid))?;
        }
        let (programs, address) = (programs()?, free_address()?);
        let mut server = Self { programs, user, address, child: None, folder };
        let data = server.data();
        server
            .run(
                "initdb",
                &["-U", "madang", "--auth=trust", "--locale=C.UTF-8", "-E", "UTF8", "-D", &data],
            )
            .await?;
        server.restart().await?;
        let port = server.address.port().to_string();
        server.run("createdb", &["-h", "127.0.0.1", "-p", &port, "-U", "madang", "madang"]).await?;
        Ok(server)
    }

    /// The address of the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of the database at an address: the server's own, or a proxy's.
    pub fn url_at(address: SocketAddr) -> String {
        format!("postgres://madang@{address}/madang")
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
    /// [`LoadgenError::Postgres`], if it does not run.
    pub async fn kill(&mut self) -> Result<(), LoadgenError> {
        let mut child = self.child.take().ok_or_else(|| failed("the server is down already"))?;
        Ok(child.kill().await?)
    }

    /// Starts the killed server again, on its port. It recovers its log first.
    ///
    /// # Errors
    /// [`LoadgenError::Postgres`], if it does not start in time.
    pub async fn restart(&mut self) -> Result<(), LoadgenError> {
        let started = timeout(START_WITHIN, async {
            loop {
                match self.launch().await? {
                    Ok(child) => return Ok(child),
                    // Processes of the killed server hold its memory for a moment.
                    Err(log) if log.contains("still in use") || log.contains("lock file") => {
                        tokio::time::sleep(AGAIN_AFTER).await;
                    }
                    Err(log) => return Err(failed(&log)),
                }
            }
        });
        self.child = Some(started.await.map_err(|_| failed("the server does not start in time"))??);
        Ok(())
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// Starts the server. Returns its log instead if it ends.
    async fn launch(&self) -> Result<Result<Child, String>, LoadgenError> {
        let mut command = self.command("postgres");
        command.args([
            "-D",
            &self.data(),
            "-h",
            "127.0.0.1",
            "-p",
            &self.address.port().to_string(),
        ]);
        command.arg("-k").arg(self.folder.path());
        for setting in
            ["shared_buffers=32MB", "logging_collector=off", "log_min_messages=log", "fsync=on"]
        {
            command.args(["-c", setting]);
        }
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take().ok_or_else(|| failed("the server has no log"))?;
        let (mut lines, mut log) = (BufReader::new(stderr).lines(), String::new());
        while let Some(line) = lines.next_line().await? {
            if line.contains(READY) {
                // A full pipe would stop the server.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(Ok(child));
            }
            log.push_str(&line);
            log.push('\n');
        }
        child.wait().await?;
        Ok(Err(log))
    }

    async fn run(&self, program: &str, arguments: &[&str]) -> Result<(), LoadgenError> {
        let output = self.command(program).args(arguments).output().await?;
        if output.status.success() {
            return Ok(());
        }
        Err(failed(&format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr))))
    }

    /// A program of PostgreSQL, which ends with this process.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some((uid, gid)) = self.user {
            command
                .args([format!("--reuid={uid}"), format!("--regid={gid}")])
                .arg("--clear-groups");
        }
        command.arg(self.programs.join(program));
        command.current_dir("/").stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

fn failed(detail: &str) -> LoadgenError {
    LoadgenError::Postgres(detail.to_owned())
}

/// The user and group of the server if this process runs as root.
fn own_user() -> Result<Option<(u32, u32)>, LoadgenError> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let ids = ["postgres", "nobody"].into_iter().find_map(|name| {
        let line = users.lines().find_map(|line| line.strip_prefix(&format!("{name}:")))?;
        let mut fields = line.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    ids.map(Some).ok_or_else(|| failed("there is no user for it, and it refuses to run as root"))
}

/// The folder of the server's programs.
fn programs() -> Result<PathBuf, LoadgenError> {
    let named = std::env::var_os("MADANG_POSTGRES_BIN").map(PathBuf::from);
    let installed =
        (15..=20).rev().map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")));
    let on_path = std::env::var_os("PATH");
    let on_path = on_path.iter().flat_map(std::env::split_paths);
    let mut folders = named.into_iter().chain(installed).chain(on_path);
    let is_complete =
        |folder: &Path| ["initdb", "postgres"].iter().all(|it| folder.join(it).is_file());
    folders.find(|folder| is_complete(folder)).ok_or_else(|| failed(MISSING))
}
