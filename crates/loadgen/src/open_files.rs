//! How many files this process, and the server that it starts, may have open.

use anyhow::{Context, Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Besides connections: databases, libraries, pipes.
const OTHERS: u64 = 200;

/// Raises the limit so that `connections` fit, here and in every process started from now on.
pub(crate) fn allow(connections: u64) -> Result<()> {
    let wanted = connections.saturating_add(OTHERS);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // None is no limit.
    if current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    if let Some(maximum) = maximum.filter(|maximum| *maximum < wanted) {
        bail!(
            "{connections} connections need {wanted} open files, and the system allows {maximum}; \
             raise the hard limit (`ulimit -Hn`)"
        );
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
        .context("cannot raise the limit of open files")
}

/// Raises the limit so that `connections` fit, or as many as the system allows. Answers how many do.
pub(crate) fn allow_up_to(connections: u64) -> Result<u64> {
    let hard = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let fitting = connections.min(hard.saturating_sub(OTHERS));
    allow(fitting)?;
    Ok(fitting)
}
