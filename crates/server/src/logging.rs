//! The log, on standard error.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Starts the log.
///
/// # Errors
/// If the filter cannot be read.
pub(crate) fn start(config: &Config) -> Result<()> {
    let filter = EnvFilter::builder().parse(&config.log).with_context(|| {
        format!("`log` is not a filter such as `info` or `madang_web=debug`: {:?}", config.log)
    })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Its way to complain that it cannot write is to write, which ends in a panic.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    match config.log_format {
        LogFormat::Human => log.with_target(false).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}
