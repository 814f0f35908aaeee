//! The size of the attacks.

use std::time::Duration;

/// The size of all attacks of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// The server's limit of open files.
    pub(super) open_files: u64,
    /// Connections of an attack: more than the server can have.
    pub(super) connections: usize,
    /// The wait before an ended connection is opened again: an attacker has a bounded speed.
    pub(super) reopen: Duration,
    /// The duration of an attack.
    pub(super) attack: Duration,
    /// From the end of an attack until the memory has to be back.
    pub(super) recovery: Duration,
}

/// The time after which the memory has to be back.
const RECOVERY: Duration = Duration::from_secs(20);

/// The attacks of `just siege`.
pub(super) const FULL: Scale = Scale {
    open_files: 1_024,
    connections: 1_500,
    reopen: Duration::from_millis(250),
    attack: Duration::from_secs(10),
    recovery: RECOVERY,
};
/// A test of the siege itself.
pub(super) const QUICK: Scale = Scale {
    open_files: 256,
    // The server can have 64 connections. Further ones wait, and 56 of a user are protected: a few more than 64 keep the
    // honest user's wait far below its limit, on a slow machine too.
    connections: 80,
    reopen: Duration::from_secs(1),
    attack: Duration::from_millis(500),
    recovery: RECOVERY,
};
