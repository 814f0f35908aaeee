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

use super::in_repository;
use super::server::Server;

/// Longer than a client takes for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client that people have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// Its package, and the registry that has it.
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
    pub(crate) protocol: &'static str,
    /// Names the folder that it was installed to.
    pub(crate) folder: &'static str,
    /// Whether it knows `auth`, in which positions are brought along.
    pub(crate) resumes: bool,
}

/// Each generation once. The versions are those of `scripts/tools.sh`; a test compares.
pub(crate) const KINDS: [Kind; 4] = [
    Kind {
        package: "socket.io-client (npm)",
        version: "4.8.4",
        protocol: "5",
        folder: "MADANG_SOCKETIO_4",
        resumes: true,
    },
    Kind {
        package: "socket.io-client (npm)",
        version: "2.5.0",
        protocol: "4",
        folder: "MADANG_SOCKETIO_2",
        resumes: false,
    },
    Kind {
        package: "socket.io-client (npm)",
        version: "1.7.3",
        protocol: "4",
        folder: "MADANG_SOCKETIO_1",
        resumes: false,
    },
    Kind {
        package: "python-socketio (PyPI)",
        version: "5.18.1",
        protocol: "5",
        folder: "MADANG_PYTHON_SOCKETIO",
        resumes: true,
    },
];

impl Kind {
    /// Whether it is the one that is not in JavaScript.
    pub(crate) fn is_python(self) -> bool {
        self.folder == "MADANG_PYTHON_SOCKETIO"
    }
}

/// The folder that `scripts/setup.sh clients` installed something to.
pub(crate) fn folder(name: &str) -> Result<PathBuf> {
    let folder = std::env::var_os(name).map(PathBuf::from);
    let folder = folder.filter(|folder| folder.is_dir());
    folder.with_context(|| format!("{name} names no folder: run `just e2e`"))
}

/// A running client: the example's program.
pub(crate) struct ForeignClient {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// What it printed while something else was waited for.
    kept: VecDeque<(String, Vec<Value>)>,
}

impl ForeignClient {
    /// Starts one.
    pub(crate) fn start(
        kind: Kind,
        server: &Server,
        name: &str,
        transport: &str,
        resume: bool,
    ) -> Result<Self> {
        let modules = folder(kind.folder)?;
        let mut command = if kind.is_python() {
            let mut command = Command::new("python3");
            command.arg(in_repository("examples/socketio-python/chat.py"));
            command.env("PYTHONPATH", modules);
            command
        } else {
            let mut command = Command::new("node");
            command.arg(in_repository("examples/socketio-node/chat.mjs"));
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
            kept: VecDeque::new(),
        })
    }

    pub(crate) async fn say(&mut self, text: &str) -> Result<()> {
        Ok(self.input.write_all(format!("{text}\n").as_bytes()).await?)
    }

    /// The next thing of this name that it printed, with what stands there beside it.
    pub(crate) async fn hear(&mut self, name: &str) -> Result<Vec<Value>> {
        let kept = self.kept.iter().position(|(event, _)| event == name);
        if let Some((_, what)) = kept.and_then(|index| self.kept.remove(index)) {
            return Ok(what);
        }
        let found = timeout(PATIENCE, async {
            while let Some(line) = self.output.next_line().await? {
                let mut what: Vec<Value> = serde_json::from_str(&line)?;
                ensure!(!what.is_empty(), "the client printed an empty line");
                let event = what.remove(0).as_str().context("an event without a name")?.to_owned();
                if event == name {
                    return Ok(what);
                }
                self.kept.push_back((event, what));
            }
            bail!("the client has ended")
        });
        found.await.with_context(|| format!("no {name:?} was heard"))?
    }
}
