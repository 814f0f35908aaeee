//! The check that the database files are still the ones that were opened.
//!
//! A file that another process deletes or replaces still accepts writes until it is closed, and all of
//! them are then lost. So the writer checks before each group that the paths still lead to the open
//! files. A file that is moved back passes again.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use madang_hub::ports::StoreError;

/// The database file and its write-ahead log, each with its identity at the time of opening.
#[derive(Debug)]
pub(super) struct FileIdentity([(PathBuf, InodeId); 2]);

/// Device and inode: unique among the existing files, on systems that have inodes.
type InodeId = (u64, u64);

impl FileIdentity {
    /// Of the database at `path`, which must be open and have been written to.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut log = OsString::from(path);
        log.push("-wal");
        let with_id = |path: PathBuf| inode_id(&path).map(|id| (path, id));
        Ok(Self([with_id(path.to_owned())?, with_id(log.into())?]))
    }

    /// # Errors
    /// If a file was deleted, moved or replaced.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let is_gone =
            |(path, opened): &(PathBuf, InodeId)| !inode_id(path).is_ok_and(|id| id == *opened);
        match self.0.iter().find(|file| is_gone(file)) {
            Some((path, _)) => Err(StoreError::Unavailable(format!(
                "{} was deleted or replaced while it was open; put it back, or restart the server",
                path.display()
            ))),
            None => Ok(()),
        }
    }
}

fn inode_id(path: &Path) -> io::Result<InodeId> {
    std::fs::metadata(path).map(|metadata| of(&metadata))
}

#[cfg(unix)]
fn of(metadata: &Metadata) -> InodeId {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// Other systems do not let an open file be deleted.
#[cfg(not(unix))]
fn of(_: &Metadata) -> InodeId {
    (0, 0)
}
