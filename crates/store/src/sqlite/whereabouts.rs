//! Whether what is written will be found again.
//!
//! A file that somebody deletes, or puts another in the place of, goes on taking writes until it is closed; all
//! that was acknowledged meanwhile goes with it. So the writer looks, before each group, whether the names
//! still lead to the files that it has open. Put back, they do.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use madang_hub::ports::StoreError;

/// The database's file and its write-ahead log, and which files those are.
#[derive(Debug)]
pub(super) struct Whereabouts([(PathBuf, Identity); 2]);

/// Tells a file from any other while it exists, where the system has such a thing.
type Identity = (u64, u64);

impl Whereabouts {
    /// Of the database at `path`, which is open and has been written to.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut log = OsString::from(path);
        log.push("-wal");
        let with_identity = |path: PathBuf| identity(&path).map(|identity| (path, identity));
        Ok(Self([with_identity(path.to_owned())?, with_identity(log.into())?]))
    }

    /// # Errors
    /// If a file is gone, or is another one.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let is_gone = |(path, known): &(PathBuf, Identity)| {
            !identity(path).is_ok_and(|identity| identity == *known)
        };
        match self.0.iter().find(|file| is_gone(file)) {
            Some((path, _)) => Err(StoreError::Unavailable(format!(
                "{} is not the file any more that it was when it was opened",
                path.display()
            ))),
            None => Ok(()),
        }
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    std::fs::metadata(path).map(|metadata| of(&metadata))
}

#[cfg(unix)]
fn of(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// Elsewhere an open file cannot be deleted.
#[cfg(not(unix))]
fn of(_: &Metadata) -> Identity {
    (0, 0)
}
