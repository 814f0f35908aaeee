//! The data folder of a database file.

use std::fs::{DirBuilder, File, TryLockError};
#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// The lock file of the data folder.
pub(crate) const LOCK: &str = "madang.lock";

/// Creates a missing data folder, for this user alone: it holds everybody's messages.
pub(crate) fn create(data: &Path) -> Result<()> {
    let mut folder = DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    folder.mode(0o700);
    let metadata = folder.create(data).and_then(|()| std::fs::metadata(data));
    let metadata =
        metadata.with_context(|| format!("cannot create the data folder {}", data.display()))?;
    #[cfg(unix)]
    if metadata.permissions().mode() & 0o007 != 0 {
        tracing::warn!(
            folder = %data.display(),
            "every user of this machine can open the data folder; `chmod 700` it if that is not meant"
        );
    }
    Ok(())
}

/// Locks the data folder while the process lives: two servers on one database would not notice each
/// other's commits.
pub(crate) fn lock(data: &Path) -> Result<File> {
    let path = data.join(LOCK);
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "another server uses the data folder {}; stop it, or name another folder with `--data`",
                data.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}
