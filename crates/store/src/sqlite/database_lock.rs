//! The lock on the database against a second server.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use super::options::OpenError;

/// The wait for a server that is ending.
const LOCK_WAIT: Duration = Duration::from_secs(1);
/// The interval between two attempts to lock.
const LOCK_INTERVAL: Duration = Duration::from_millis(20);

/// The lock on the database file itself, held while the file is open: two servers would not notice each
/// other's commits. It belongs to the file and not to a name, so that it holds through links, and after a
/// lock file beside it was deleted. SQLite's own locks are of another kind, and other programs may use
/// the database.
#[derive(Debug)]
pub(super) struct DatabaseLock {
    /// Closed after the connection: closing any handle of the file releases SQLite's locks on it.
    _file: File,
}

impl DatabaseLock {
    /// Locks the file, which may be missing.
    pub(super) fn acquire(path: &Path) -> Result<Self, OpenError> {
        let unreachable = |error: &io::Error| OpenError::Unreachable {
            path: path.to_owned(),
            detail: error.to_string(),
        };
        let file = File::options().read(true).open(path);
        let file = match file {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                File::options().read(true).write(true).create(true).truncate(false).open(path)
            }
            file => file,
        };
        let file = file.map_err(|error| unreachable(&error))?;
        if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            let detail = "it is a folder".to_owned();
            return Err(OpenError::Unreachable { path: path.to_owned(), detail });
        }
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if started.elapsed() < LOCK_WAIT => {
                    park_timeout(LOCK_INTERVAL);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(OpenError::InUse { path: path.to_owned() });
                }
                Err(TryLockError::Error(error)) => return Err(unreachable(&error)),
            }
        }
    }
}
