//! The limit of open files of this process and of the servers that it starts.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::LoadgenError;

/// Open files besides the connections: databases, libraries, pipes.
const OTHER_FILES: u64 = 200;

/// Raises the limit so that this process, and every process that it starts from now on, can have
/// `connections` connections.
///
/// # Errors
/// [`LoadgenError::OpenFileLimit`], if the hard limit is too low; [`LoadgenError::RaiseOpenFileLimit`].
pub fn allow(connections: u64) -> Result<(), LoadgenError> {
    let needed = connections.saturating_add(OTHER_FILES);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // `None` means unlimited.
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    if let Some(hard_limit) = maximum.filter(|maximum| *maximum < needed) {
        return Err(LoadgenError::OpenFileLimit { connections, needed, hard_limit });
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum })
        .map_err(|errno| LoadgenError::RaiseOpenFileLimit(errno.into()))
}

/// Raises the limit for `connections` connections, or for as many as the hard limit permits. Returns the
/// number of connections that fit.
///
/// # Errors
/// [`LoadgenError::RaiseOpenFileLimit`].
pub fn allow_up_to(connections: u64) -> Result<u64, LoadgenError> {
    let hard_limit = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let fitting = connections.min(hard_limit.saturating_sub(OTHER_FILES));
    allow(fitting)?;
    Ok(fitting)
}
