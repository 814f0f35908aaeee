//! The peers: what runs each, how it is spoken to, and whether it is there.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use madang_loadgen::raw::Dialect;
use thiserror::Error;

use super::raw;
use crate::server::Setting;

/// Tells each of them where to listen.
const PORT: &str = "MADANG_PEER_PORT";

/// Somebody else's server.
pub(super) struct Peer {
    /// As people call it.
    pub(super) name: &'static str,
    /// Found where programs are.
    program: &'static str,
    /// Before the name of its file.
    flags: &'static [&'static str],
    /// In the folder of peers.
    file: &'static str,
    /// Where its packages are, as `scripts/load.sh` says it, and as the program wants to be told.
    packages: Option<[&'static str; 2]>,
    /// With these arguments, the program says the versions of what it runs; it fails if that is not
    /// there.
    versions: &'static [&'static str],
    pub(super) dialect: fn() -> Dialect,
    /// Where it says back what it gets.
    pub(super) echo: Option<&'static str>,
}

pub(super) const KNOWN: [Peer; 4] = [
    Peer {
        name: "ws",
        program: "node",
        flags: &[],
        file: "ws.mjs",
        packages: Some(["MADANG_PEER_WS", "NODE_PATH"]),
        versions: &[
            "-p",
            "`${require('ws/package.json').version}, Node.js ${process.versions.node}`",
        ],
        dialect: || raw("/"),
        echo: Some("/echo"),
    },
    Peer {
        name: "Socket.IO",
        program: "node",
        flags: &[],
        file: "socketio.mjs",
        packages: Some(["MADANG_PEER_SOCKETIO", "NODE_PATH"]),
        versions: &[
            "-p",
            "`${require('socket.io/package.json').version}, Node.js ${process.versions.node}`",
        ],
        dialect: || Dialect::SocketIo { event: "data".to_owned() },
        echo: None,
    },
    Peer {
        name: "Flask-SocketIO",
        program: "python3",
        flags: &[],
        file: "flask_chat.py",
        packages: Some(["MADANG_PEER_FLASK_SOCKETIO", "PYTHONPATH"]),
        versions: &[
            "-c",
            "import importlib.metadata as m, platform as p; print(m.version('flask-socketio') \
             + ', gevent ' + m.version('gevent') + ', Python ' + p.python_version())",
        ],
        dialect: || Dialect::SocketIo { event: "data".to_owned() },
        echo: None,
    },
    Peer {
        name: "NATS",
        program: "nats-server",
        flags: &["--config"],
        file: "nats.conf",
        packages: None,
        versions: &["--version"],
        dialect: || Dialect::Nats { subject: "madang".to_owned() },
        echo: None,
    },
];

/// A peer that can be started.
pub(super) struct There {
    pub(super) setting: Setting,
    pub(super) version: String,
}

/// Why a peer cannot be measured here.
#[derive(Debug, Error)]
pub(super) enum Missing {
    #[error("there is no {0}")]
    Program(&'static str),
    #[error(
        "its packages are missing ({variable} is not set; `scripts/setup.sh load-peers` installs them)"
    )]
    Packages { variable: &'static str },
    #[error("{program} cannot say its version: {why}")]
    Version { program: &'static str, why: String },
    #[error("there is no {}", .0.display())]
    File(PathBuf),
    #[error("{0:#}")]
    Port(anyhow::Error),
}

impl Peer {
    /// Asks whether it is there.
    pub(super) fn find(&self, folder: &Path) -> Result<There, Missing> {
        let file = folder.join(self.file);
        if !file.is_file() {
            return Err(Missing::File(file));
        }
        let told = |[variable, told]: [&'static str; 2]| {
            std::env::var_os(variable).map(|packages| (OsString::from(told), packages))
        };
        let variables: Vec<_> = self.packages.and_then(told).into_iter().collect();
        let asked = Command::new(self.program)
            .args(self.versions)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .output();
        if asked.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            return Err(Missing::Program(self.program));
        }
        if let Some([variable, _]) = self.packages.filter(|_| variables.is_empty()) {
            return Err(Missing::Packages { variable });
        }
        let version = asked.map_err(|error| error.to_string()).and_then(|output| version(&output));
        let version = version.map_err(|why| Missing::Version { program: self.program, why })?;
        let mut arguments: Vec<OsString> = self.flags.iter().map(Into::into).collect();
        arguments.push(file.into());
        let setting = Setting::foreign(Path::new(self.program), arguments, variables, PORT)
            .map_err(Missing::Port)?;
        Ok(There { setting, version })
    }
}

/// What it says, or why it does not.
fn version(output: &Output) -> Result<String, String> {
    let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        let said = words(&output.stdout);
        return Ok(said.trim_start_matches("nats-server: v").to_owned());
    }
    // The line that names the error: other lines are its stack, and differ from runtime to runtime.
    let complaint = words(&output.stderr);
    let line = complaint.lines().find(|line| line.contains("Error"));
    Err(line.or(complaint.lines().last()).unwrap_or("it says nothing").to_owned())
}
