//! The log, on standard error.

use std::io::{IsTerminal, Write};

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Starts the log.
///
/// # Errors
/// If the filter is invalid.
pub(crate) fn start(config: &Config) -> Result<()> {
    let filter = EnvFilter::builder().parse(&config.log).with_context(|| {
        format!(
            "`log` is {:?}; it must be a filter such as `info` or `madang_web=debug`",
            config.log
        )
    })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // On a write error the subscriber would write an error message, which fails again and
        // panics.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    match config.log_format {
        LogFormat::Human => log.with_target(false).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Reports an error that ends the process, outside of the log: on standard error, whatever the filter.
pub(crate) fn report_fatal(error: &anyhow::Error) {
    // If standard error is closed, the exit code still reports the failure.
    writeln!(std::io::stderr(), "madang: {error:#}").ok();
}
