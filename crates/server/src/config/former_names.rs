//! Former names of settings. They still work in this version; the log names the new one.

use anyhow::{Result, bail};
use clap::Args;
use std::net::SocketAddr;

/// Flags and variables under their former names, hidden in the help.
#[derive(Debug, Args)]
pub(super) struct FormerFlags {
    #[arg(long, env = "MADANG_STOP_SECONDS", value_name = "SECONDS", hide = true)]
    pub(super) stop_seconds: Option<u64>,
    #[arg(long, env = "MADANG_HSTS_SECONDS", value_name = "SECONDS", hide = true)]
    pub(super) hsts_seconds: Option<u32>,
    #[arg(long, env = "MADANG_REDIRECT_FROM", value_name = "ADDRESS:PORT", hide = true)]
    pub(super) redirect_from: Option<SocketAddr>,
}

/// A former name that was used, with the name to use instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FormerName {
    pub(crate) former: &'static str,
    pub(crate) name: &'static str,
}

/// Collects the former names that were used.
#[derive(Debug, Default)]
pub(super) struct FormerNames(Vec<FormerName>);

impl FormerNames {
    /// The value of a setting that may be given under its name or under its former name, on one level:
    /// flags and variables, or the file.
    ///
    /// # Errors
    /// If both are given.
    pub(super) fn value<T>(
        &mut self,
        (name, value): (&'static str, Option<T>),
        (former, former_value): (&'static str, Option<T>),
    ) -> Result<Option<T>> {
        if former_value.is_none() {
            return Ok(value);
        }
        if value.is_some() {
            bail!(
                "`{former}` is the former name of `{name}`, and both are given; remove `{former}`"
            );
        }
        self.0.push(FormerName { former, name });
        Ok(former_value)
    }

    pub(super) fn into_vec(self) -> Vec<FormerName> {
        self.0
    }
}
