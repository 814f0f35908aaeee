//! The error type of this library.

use std::path::PathBuf;
use std::process::ExitStatus;

use madang_shared::Failure;
use thiserror::Error;

/// A failed sign-up, or a failed operation on the server process.
#[derive(Debug, Error)]
pub enum LoadgenError {
    /// The sign-up request failed, or its response cannot be parsed.
    #[error("cannot sign up {name:?}: {source}")]
    SignUp {
        /// The requested name.
        name: String,
        /// The HTTP error.
        source: reqwest::Error,
    },
    /// The server rejected the sign-up.
    #[error("the server refuses to sign up {name:?}: {failure}")]
    SignUpRefused {
        /// The requested name.
        name: String,
        /// The server's reason.
        failure: Failure,
    },
    /// The response to the sign-up has no session token.
    #[error("the server sent no session token for {0:?}")]
    NoToken(String),
    /// The server binary is missing.
    #[error("there is no server binary at {}; build it with `just build`", .0.display())]
    NoBinary(PathBuf),
    /// Every port that was tried is in use.
    #[error("found no free port on the loopback address")]
    NoFreePort,
    /// The operating system cannot start the program.
    #[error("cannot start {}: {source}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The server did not print its address in time.
    #[error("the server does not listen within {0} s")]
    StartTimeout(u64),
    /// The server exited before it printed its address.
    #[error("the server exited during its start: {0}")]
    ExitedAtStart(ExitStatus),
    /// The server printed a line other than its address.
    #[error("the server printed an unexpected line: {0}")]
    UnexpectedOutput(String),
    /// The server exited without being asked to.
    #[error("the server exited on its own{}", .0.map(|status| format!(": {status}")).unwrap_or_default())]
    Exited(Option<ExitStatus>),
    /// The server did not exit in time after SIGTERM.
    #[error("the server does not stop within {0} s after SIGTERM")]
    StopTimeout(u64),
    /// Reading from, signalling or waiting for the server process failed.
    #[error("cannot control the server process: {0}")]
    Process(#[from] std::io::Error),
    /// The hard limit of open files is too low.
    #[error(
        "{connections} connections need {needed} open files, but the hard limit is {hard_limit}; \
         raise it (`ulimit -Hn`)"
    )]
    OpenFileLimit {
        /// The requested number of connections.
        connections: u64,
        /// The open files that they need.
        needed: u64,
        /// The hard limit.
        hard_limit: u64,
    },
    /// The limit of open files cannot be raised.
    #[error("cannot raise the limit of open files: {0}")]
    RaiseOpenFileLimit(std::io::Error),
    /// The certificate cannot be generated or written.
    #[error("cannot make a certificate: {0}")]
    Certificate(Box<dyn std::error::Error + Send + Sync>),
    /// The processor time of a process cannot be read.
    #[error("cannot read the processor time from {path}; this needs Linux")]
    CpuTime {
        /// The file in `/proc`.
        path: String,
    },
    /// PostgreSQL does not run as the tests need it.
    #[error("PostgreSQL: {0}")]
    Postgres(String),
    /// NATS does not run as the tests need it.
    #[error("nats-server: {0}")]
    Nats(String),
    /// The memory of a process cannot be read.
    #[error("cannot read VmRSS and RssAnon from {path}; this needs Linux")]
    Memory {
        /// The file in `/proc`.
        path: String,
    },
}
