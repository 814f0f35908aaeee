//! The time limit for a graceful stop.

use std::time::Duration;

use anyhow::{Result, bail};

use super::former_names::FormerNames;

/// The longest `shutdown_timeout`, in seconds. A service manager would have killed the process long before.
const MAX_SHUTDOWN_TIMEOUT: u64 = 600;

/// The value of the setting under its name, and under its former name.
pub(super) type Named = (Option<u64>, Option<u64>);

/// The time limit of a setting; none if there is no such setting. A flag wins over the file.
pub(super) fn load(
    (flag, former_flag): Named,
    (in_file, former_in_file): Named,
    former_names: &mut FormerNames,
) -> Result<Option<Duration>> {
    let flag = former_names.value(("--shutdown-timeout", flag), ("--stop-seconds", former_flag))?;
    let in_file =
        former_names.value(("shutdown_timeout", in_file), ("stop_seconds", former_in_file))?;
    let Some(seconds) = flag.or(in_file) else { return Ok(None) };
    if !(1..=MAX_SHUTDOWN_TIMEOUT).contains(&seconds) {
        bail!("`shutdown_timeout` is {seconds}; it must be from 1 to {MAX_SHUTDOWN_TIMEOUT}");
    }
    Ok(Some(Duration::from_secs(seconds)))
}
