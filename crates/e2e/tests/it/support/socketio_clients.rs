//! Clients of Socket.IO as people have them, each a process of its own.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::repository_path;
use super::test_server::TestServer;

/// Longer than a client takes for anything.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client that people have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientKind {
    /// Its package, and the registry that has it.
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
    pub(crate) protocol: &'static str,
    /// Names the folder that it was installed to.
    pub(crate) installed_folder: &'static str,
    /// Whether it knows `auth`, in which positions are brought along.
    pub(crate) resumes: bool,
}

/// Each generation once. The versions are those of `scripts/tools.sh`; a test compares.
pub(crate) const CLIENT_KINDS: [ClientKind; 4] = [
    ClientKind {
        package: "socket.io-client (npm)",
        version: "4.8.4",
        protocol: "5",
        installed_folder: "MADANG_SOCKETIO_4",
        resumes: true,
    },
    ClientKind {
        package: "socket.io-client (npm)",
        version: "2.5.0",
        protocol: "4",
        installed_folder: "MADANG_SOCKETIO_2",
        resumes: false,
    },
    ClientKind {
        package: "socket.io-client (npm)",
        version: "1.7.3",
        protocol: "4",
        installed_folder: "MADANG_SOCKETIO_1",
        resumes: false,
    },
    ClientKind {
        package: "python-socketio (PyPI)",
        version: "5.18.1",
        protocol: "5",
        installed_folder: "MADANG_PYTHON_SOCKETIO",
        resumes: true,
    },
];

impl ClientKind {
    /// Whether it is the one that is not in JavaScript.
    pub(crate) fn is_python(self) -> bool {
        self.installed_folder == "MADANG_PYTHON_SOCKETIO"
    }
}

/// The folder that `scripts/setup.sh clients` installed something to.
pub(crate) fn installed_folder(name: &str) -> Result<PathBuf> {
    let installed_folder = std::env::var_os(name).map(PathBuf::from);
    let installed_folder = installed_folder.filter(|installed_folder| installed_folder.is_dir());
    installed_folder.with_context(|| format!("{name} names no folder: run `just e2e`"))
}

/// A running client: the example's program.
pub(crate) struct SocketIoClient {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// What it printed while something else was waited for.
    buffered: VecDeque<(String, Vec<Value>)>,
}

impl SocketIoClient {
    /// Starts one.
    pub(crate) fn start(
        kind: ClientKind,
        server: &TestServer,
        name: &str,
        transport: &str,
        resume: bool,
    ) -> Result<Self> {
        let modules = installed_folder(kind.installed_folder)?;
        let mut command = if kind.is_python() {
            let mut command = Command::new("python3");
            command.arg(repository_path("examples/socketio-python/chat.py"));
            command.env("PYTHONPATH", modules);
            command
        } else {
            let mut command = Command::new("node");
            command.arg(repository_path("examples/socketio-node/chat.mjs"));
            command.env("SOCKETIO_MODULES", modules);
            command
        };
        let url = format!("http://localhost:{}", server.address().port());
        command.args(["--server", &url, "--name", name, "--transport", transport]);
        if resume {
            command.arg("--resume");
        }
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", kind.package))?;
        let input = process.stdin.take().context("no standard input")?;
        let output = process.stdout.take().context("no standard output")?;
        Ok(Self {
            _process: process,
            input,
            output: BufReader::new(output).lines(),
            buffered: VecDeque::new(),
        })
    }

    pub(crate) async fn send(&mut self, text: &str) -> Result<()> {
        Ok(self.input.write_all(format!("{text}\n").as_bytes()).await?)
    }

    /// The next thing of this name that it printed, with what stands there beside it.
    pub(crate) async fn next_event(&mut self, name: &str) -> Result<Vec<Value>> {
        let buffered = self.buffered.iter().position(|(event, _)| event == name);
        if let Some((_, what)) = buffered.and_then(|index| self.buffered.remove(index)) {
            return Ok(what);
        }
        let found = timeout(TIMEOUT, async {
            while let Some(line) = self.output.next_line().await? {
                let mut what: Vec<Value> = serde_json::from_str(&line)?;
                ensure!(!what.is_empty(), "the client printed an empty line");
                let event = what.remove(0).as_str().context("an event without a name")?.to_owned();
                if event == name {
                    return Ok(what);
                }
                self.buffered.push_back((event, what));
            }
            bail!("the client has ended")
        });
        found.await.with_context(|| format!("no {name:?} was heard"))?
    }
}
