//! The other servers: the program of each, its protocol, and whether it is installed.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use madang_bench::Protocol;
use madang_loadgen::{LoadgenError, ServerCommand};
use thiserror::Error;

/// The environment variable with the port of each server.
const PORT_VARIABLE: &str = "MADANG_PEER_PORT";

/// Another server.
pub(super) struct Peer {
    /// The usual name.
    pub(super) name: &'static str,
    /// The program, found in `PATH`.
    program: &'static str,
    /// Arguments before the file.
    flags: &'static [&'static str],
    /// The program's script or configuration, in the folder of peers.
    file: &'static str,
    /// The environment variables with the folder of its packages: the one that `scripts/load.sh` sets, and
    /// the one that the program reads.
    packages: Option<[&'static str; 2]>,
    /// Arguments with which the program prints the versions of its packages; it fails if they are missing.
    version_arguments: &'static [&'static str],
    pub(super) protocol: fn() -> Protocol,
    /// The path of its echo endpoint, if it has one.
    pub(super) echo: Option<&'static str>,
}

pub(super) const PEERS: [Peer; 4] = [
    Peer {
        name: "ws",
        program: "node",
        flags: &[],
        file: "ws.mjs",
        packages: Some(["MADANG_PEER_WS", "NODE_PATH"]),
        version_arguments: &[
            "-p",
            "`${require('ws/package.json').version}, Node.js ${process.versions.node}`",
        ],
        protocol: || Protocol::raw_text("/"),
        echo: Some("/echo"),
    },
    Peer {
        name: "Socket.IO",
        program: "node",
        flags: &[],
        file: "socketio.mjs",
        packages: Some(["MADANG_PEER_SOCKETIO", "NODE_PATH"]),
        version_arguments: &[
            "-p",
            "`${require('socket.io/package.json').version}, Node.js ${process.versions.node}`",
        ],
        protocol: || Protocol::SocketIo { event: "data".to_owned() },
        echo: None,
    },
    Peer {
        name: "Flask-SocketIO",
        program: "python3",
        flags: &[],
        file: "flask_chat.py",
        packages: Some(["MADANG_PEER_FLASK_SOCKETIO", "PYTHONPATH"]),
        version_arguments: &[
            "-c",
            "import importlib.metadata as m, platform as p; print(m.version('flask-socketio') \
             + ', gevent ' + m.version('gevent') + ', Python ' + p.python_version())",
        ],
        protocol: || Protocol::SocketIo { event: "data".to_owned() },
        echo: None,
    },
    Peer {
        name: "NATS",
        program: "nats-server",
        flags: &["--config"],
        file: "nats.conf",
        packages: None,
        version_arguments: &["--version"],
        protocol: || Protocol::Nats { subject: "madang".to_owned() },
        echo: None,
    },
];

/// A peer that can be started.
pub(super) struct InstalledPeer {
    pub(super) command: ServerCommand,
    pub(super) version: String,
}

/// A peer that cannot be measured on this machine.
#[derive(Debug, Error)]
pub(super) enum PeerUnavailable {
    #[error("there is no {0}")]
    Program(&'static str),
    #[error(
        "its packages are missing ({variable} is not set; `scripts/setup.sh load-peers` installs them)"
    )]
    Packages { variable: &'static str },
    #[error("{program} does not print its version: {reason}")]
    Version { program: &'static str, reason: String },
    #[error("there is no {}", .0.display())]
    File(PathBuf),
    #[error(transparent)]
    Port(LoadgenError),
}

impl Peer {
    /// Checks that the peer is installed.
    pub(super) fn find(&self, folder: &Path) -> Result<InstalledPeer, PeerUnavailable> {
        let file = folder.join(self.file);
        if !file.is_file() {
            return Err(PeerUnavailable::File(file));
        }
        let package_folder = |[variable, program_variable]: [&'static str; 2]| {
            std::env::var_os(variable).map(|folder| (OsString::from(program_variable), folder))
        };
        let environment: Vec<_> = self.packages.and_then(package_folder).into_iter().collect();
        let output = Command::new(self.program)
            .args(self.version_arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .output();
        if output.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            return Err(PeerUnavailable::Program(self.program));
        }
        if let Some([variable, _]) = self.packages.filter(|_| environment.is_empty()) {
            return Err(PeerUnavailable::Packages { variable });
        }
        let version = output.map_err(|error| error.to_string()).and_then(|output| version(&output));
        let version =
            version.map_err(|reason| PeerUnavailable::Version { program: self.program, reason })?;
        let mut arguments: Vec<OsString> = self.flags.iter().map(Into::into).collect();
        arguments.push(file.into());
        let program = Path::new(self.program);
        let command = ServerCommand::external(program, arguments, environment, PORT_VARIABLE)
            .map_err(PeerUnavailable::Port)?;
        Ok(InstalledPeer { command, version })
    }
}

/// The printed version, or else the line with the error.
fn version(output: &Output) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        let version = text(&output.stdout);
        return Ok(version.trim_start_matches("nats-server: v").to_owned());
    }
    // The line that names the error; the other lines are a stack trace that differs between runtimes.
    let errors = text(&output.stderr);
    let line = errors.lines().find(|line| line.contains("Error"));
    Err(line.or(errors.lines().last()).unwrap_or("no output").to_owned())
}
