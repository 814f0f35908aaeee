//! The database files: the lock against a second server, and the check that they are still the ones that
//! were opened.
//!
//! A file that another process deletes or replaces still accepts writes until it is closed, and all of
//! them are then lost. So the writer checks before each group that the paths still lead to the open
//! files. A file that is moved back passes again.

use std::ffi::OsString;
use std::fs::{File, Metadata, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use madang_hub::ports::StoreError;

use super::options::OpenError;

/// The wait for a server that is ending.
const LOCK_WAIT: Duration = Duration::from_secs(1);
/// The interval between two attempts to lock.
const LOCK_INTERVAL: Duration = Duration::from_millis(20);
/// The size of the write-ahead log from which each doubling is reported, in bytes. It is emptied at 4 MB
/// as long as no reader keeps it.
const LARGE_LOG: u64 = 128 * 1024 * 1024;

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

/// The database file and its write-ahead log, each with its identity at the time of opening.
#[derive(Debug)]
pub(super) struct FileIdentity {
    files: [(PathBuf, InodeId); 2],
    log_size: LogSize,
}

/// Device and inode: unique among the existing files, on systems that have inodes.
type InodeId = (u64, u64);

impl FileIdentity {
    /// Of the database at `path`, which must be open and have been written to.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut log = OsString::from(path);
        log.push("-wal");
        let with_id =
            |path: PathBuf| std::fs::metadata(&path).map(|metadata| (path, inode_id(&metadata)));
        let files = [with_id(path.to_owned())?, with_id(log.into())?];
        Ok(Self { files, log_size: LogSize::default() })
    }

    /// Also reports a write-ahead log that has become large.
    ///
    /// # Errors
    /// If a file was deleted, moved or replaced.
    pub(super) fn check(&mut self) -> Result<(), StoreError> {
        for (path, opened) in &self.files {
            let metadata = std::fs::metadata(path).ok();
            let Some(metadata) = metadata.filter(|metadata| inode_id(metadata) == *opened) else {
                return Err(StoreError::Unavailable(format!(
                    "{} was deleted or replaced while it was open; put it back, or restart the server",
                    path.display()
                )));
            };
            self.log_size.latest = metadata.len();
        }
        // The log is the last of the files.
        if let Some(bytes) = self.log_size.next_report() {
            tracing::warn!(
                megabytes = bytes / (1024 * 1024),
                "the write-ahead log grows, because a program keeps a read transaction open; end it (a shell \
                after BEGIN or in the middle of a query, a backup), or the disk fills up"
            );
        }
        Ok(())
    }
}

/// The size of the write-ahead log, and the size that was reported last.
#[derive(Debug, Default)]
struct LogSize {
    latest: u64,
    reported: u64,
}

impl LogSize {
    /// The size, if it has become large or has doubled since the last report.
    fn next_report(&mut self) -> Option<u64> {
        if self.latest < LARGE_LOG {
            self.reported = 0;
            return None;
        }
        if self.latest < self.reported.saturating_mul(2) {
            return None;
        }
        self.reported = self.latest;
        Some(self.latest)
    }
}

/// The inode of a file; 0 on systems without inodes.
pub(super) fn inode(path: &Path) -> io::Result<u64> {
    std::fs::metadata(path).map(|metadata| inode_id(&metadata).1)
}

#[cfg(unix)]
fn inode_id(metadata: &Metadata) -> InodeId {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// Other systems do not let an open file be deleted.
#[cfg(not(unix))]
fn inode_id(_: &Metadata) -> InodeId {
    (0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_write_ahead_log_is_reported_once_and_at_each_doubling() {
        let mut size = LogSize::default();
        let mut report = |latest| {
            size.latest = latest;
            size.next_report()
        };
        assert_eq!(report(LARGE_LOG - 1), None);
        assert_eq!(report(LARGE_LOG), Some(LARGE_LOG));
        assert_eq!(report(2 * LARGE_LOG - 1), None);
        assert_eq!(report(2 * LARGE_LOG), Some(2 * LARGE_LOG));
        assert_eq!(report(3 * LARGE_LOG), None);
        // Emptied, and large again.
        assert_eq!(report(0), None);
        assert_eq!(report(LARGE_LOG + 1), Some(LARGE_LOG + 1));
    }
}
