//! Published Socket.IO clients, unmodified, each in its own process.

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

/// How long a test waits for an event of a client.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A published client in one version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientKind {
    /// The package, with its registry.
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
    pub(crate) protocol: &'static str,
    /// The environment variable with the folder of the installed package.
    pub(crate) installed_folder: &'static str,
    /// Whether the client supports `auth`, which carries the positions of a resume.
    pub(crate) resumes: bool,
}

/// One client of each generation. A test compares the versions with `scripts/tools.sh`.
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
    /// Whether the client runs in Python; the others run in Node.js.
    pub(crate) fn is_python(self) -> bool {
        self.installed_folder == "MADANG_PYTHON_SOCKETIO"
    }
}

/// The folder of a package that `scripts/setup.sh clients` installed.
pub(crate) fn installed_folder(name: &str) -> Result<PathBuf> {
    let installed_folder = std::env::var_os(name).map(PathBuf::from);
    let installed_folder = installed_folder.filter(|installed_folder| installed_folder.is_dir());
    installed_folder.with_context(|| format!("{name} is not set to a folder: run `just e2e`"))
}

/// A running client: the program of an example.
pub(crate) struct SocketIoClient {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// Events that arrived while the test waited for another one.
    buffered: VecDeque<(String, Vec<Value>)>,
}

impl SocketIoClient {
    /// Starts a client.
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

    /// The arguments of the client's next event with this name.
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
        found.await.with_context(|| format!("no event {name:?} arrived"))?
    }
}
