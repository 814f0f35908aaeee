//! Waiting for a condition, never for a time.

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long a condition may take to come true. It is long because a machine may be busy with other
/// things; a test that passes never waits for it.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(25);

/// Waits until `ask` answers something. An error counts as nothing yet: pages change while one looks.
///
/// # Errors
/// If it takes too long, with the last error of `ask`.
pub(crate) async fn until<T>(
    what: impl Display,
    mut ask: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let problem = match ask().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if Instant::now() >= deadline {
            match problem {
                Some(problem) => return Err(problem.context(format!("waited in vain: {what}"))),
                None => bail!("waited in vain: {what}"),
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Waits until `ask` says yes.
///
/// # Errors
/// As [`until`].
pub(crate) async fn until_true(
    what: impl Display,
    mut ask: impl AsyncFnMut() -> Result<bool>,
) -> Result<()> {
    until(what, async || Ok(ask().await?.then_some(()))).await
}
