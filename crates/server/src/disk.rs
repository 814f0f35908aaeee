//! The free space of the disk that holds the database, measured at a bounded rate.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use madang_hub::storage::{FreeSpace, SpaceLevel};
use rustix::fs::statvfs;
use tokio::time::MissedTickBehavior;

/// The interval between two measurements.
const INTERVAL: Duration = Duration::from_secs(1);
const MIB: u64 = 1024 * 1024;

/// The free space of a folder's disk, with a first measurement. `min_free_space` is in MiB.
pub(crate) fn measured(folder: &Path, min_free_space: u32) -> FreeSpace {
    let free_space = FreeSpace::with_floor(u64::from(min_free_space) * MIB);
    report(&free_space, free_bytes(folder));
    free_space
}

/// Measures until the process stops. A disk that does not answer delays only the next measurement.
pub(crate) async fn watch(folder: PathBuf, free_space: FreeSpace) -> Result<()> {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_measured = true;
    loop {
        ticks.tick().await;
        let folder = folder.clone();
        let bytes = tokio::task::spawn_blocking(move || free_bytes(&folder)).await?;
        // One line for each time that the measurements begin to fail.
        let is_measured = bytes.is_ok();
        if is_measured || was_measured {
            report(&free_space, bytes);
        }
        was_measured = is_measured;
    }
}

/// The bytes that this user may still write.
pub(crate) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let disk = statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Records a measurement, and logs the level if it has changed.
fn report(free_space: &FreeSpace, bytes: io::Result<u64>) {
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(%error, "the free disk space cannot be measured; the last value stays in use");
            return;
        }
    };
    let (free, floor) = (bytes / MIB, free_space.floor() / MIB);
    match free_space.record(bytes) {
        None => {}
        Some(SpaceLevel::Enough) => {
            tracing::info!(free_mib = free, "there is enough disk space again");
        }
        Some(SpaceLevel::Scarce) => tracing::warn!(
            free_mib = free,
            "disk space is scarce; below {floor} MiB (`min_free_space`) nothing new is stored"
        ),
        Some(SpaceLevel::Low) => tracing::error!(
            free_mib = free,
            "the disk is almost full: below {floor} MiB (`min_free_space`) only read marks, leaving and deletions are \
            stored; free some space"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_of_a_folder_is_measured() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_bytes(folder.path()).unwrap() > 0);
        assert!(free_bytes(&folder.path().join("missing")).is_err());
        assert_eq!(measured(folder.path(), 0).level(), SpaceLevel::Enough);
        assert_eq!(measured(folder.path(), u32::MAX).level(), SpaceLevel::Low);
    }
}
