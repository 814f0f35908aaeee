//! Waiting for a condition instead of a fixed time.

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// The time limit of a condition. It is generous because the machine may be busy; a passing test does not wait
/// that long.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The time between two checks of a condition.
const INTERVAL: Duration = Duration::from_millis(25);

/// Waits until `check` returns a value. An error counts as no value yet, because a page may change during a check.
///
/// # Errors
/// If the time limit passes, with the last error of `check`.
pub(crate) async fn until<T>(
    what: impl Display,
    mut check: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let problem = match check().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if Instant::now() >= deadline {
            match problem {
                Some(problem) => {
                    return Err(problem.context(format!("timed out waiting for: {what}")));
                }
                None => bail!("timed out waiting for: {what}"),
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Waits until `check` returns true.
///
/// # Errors
/// As [`until`].
pub(crate) async fn until_true(
    what: impl Display,
    mut check: impl AsyncFnMut() -> Result<bool>,
) -> Result<()> {
    until(what, async || Ok(check().await?.then_some(()))).await
}
