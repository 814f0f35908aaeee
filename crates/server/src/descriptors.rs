//! File descriptors: the limit of the process, and the number of connections that it allows.

use anyhow::{Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors for everything else: the database with its readers, listeners, price sources, log and libraries. Evicted
/// connections that have not ended yet are among them.
const RESERVE: u64 = 192;
/// Connections by default, if the limit of the process allows them.
const DEFAULT_MAX_CONNECTIONS: u64 = 65_536;
/// The smallest number of connections that is of use.
const MIN_CONNECTIONS: u64 = 8;
/// The limit where the system states none: on macOS the system refuses an unlimited number.
const WITHOUT_LIMIT: u64 = 10_240;

/// Raises the limit of open files to the hard limit, and returns the number of connections: `requested`, or as many as
/// fit.
///
/// # Errors
/// If the requested number is too small, or the hard limit is too low for it or for the server at all.
pub(crate) fn max_connections(requested: Option<u32>) -> Result<usize> {
    if let Some(requested) = requested.filter(|requested| u64::from(*requested) < MIN_CONNECTIONS) {
        bail!("`max_connections` is {requested}; it must be at least {MIN_CONNECTIONS}");
    }
    let limit = raise();
    let available = limit.saturating_sub(RESERVE);
    let connections = match requested {
        None => available.min(DEFAULT_MAX_CONNECTIONS),
        Some(requested) if u64::from(requested) <= available => requested.into(),
        Some(requested) => bail!(
            "`max_connections` is {requested}, but the system allows {limit} open files, which suffice for {available} \
            connections; lower it, or raise the hard limit (`ulimit -Hn`, or `LimitNOFILE` of a systemd unit)"
        ),
    };
    if connections < MIN_CONNECTIONS {
        bail!(
            "the system allows {limit} open files, and the server needs {} at least; raise the hard limit \
            (`ulimit -Hn`, or `LimitNOFILE` of a systemd unit)",
            RESERVE + MIN_CONNECTIONS
        );
    }
    tracing::info!(connections, open_files = limit, "the server accepts this many connections");
    Ok(usize::try_from(connections)?)
}

/// Raises the limit of open files as far as possible, and returns it.
fn raise() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(WITHOUT_LIMIT);
    // None means unlimited.
    let Some(current) = current.filter(|current| *current < wanted) else {
        return current.unwrap_or(u64::MAX);
    };
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, wanted, "cannot raise the limit of open files");
            current
        }
    }
}
