//! The identity of the database files: the check that they are still the ones that were opened.
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
pub(super) struct FileIdentity {
    database: (PathBuf, InodeId),
    log: (PathBuf, InodeId),
}

/// The sizes of the database file and of its write-ahead log, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileSizes {
    pub(super) database: u64,
    pub(super) log: u64,
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
        Ok(Self { database: with_id(path.to_owned())?, log: with_id(log.into())? })
    }

    /// Checks the files, and returns their sizes.
    ///
    /// # Errors
    /// If a file was deleted, moved or replaced.
    pub(super) fn check(&self) -> Result<FileSizes, StoreError> {
        Ok(FileSizes { database: size(&self.database)?, log: size(&self.log)? })
    }
}

fn size((path, opened): &(PathBuf, InodeId)) -> Result<u64, StoreError> {
    let metadata = std::fs::metadata(path).ok().filter(|metadata| inode_id(metadata) == *opened);
    metadata.map(|metadata| metadata.len()).ok_or_else(|| {
        StoreError::Unavailable(format!(
            "{} was deleted or replaced while it was open; put it back, or restart the server",
            path.display()
        ))
    })
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
