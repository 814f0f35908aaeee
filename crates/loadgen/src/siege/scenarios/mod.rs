//! The attacks, one file per group.

mod connections;
mod messages;

use std::convert::Infallible;

use anyhow::Result;
use futures_util::future::BoxFuture;

use super::attacker::Attacker;

/// One attack.
pub(super) struct Scenario {
    /// The name in the table.
    pub(super) name: &'static str,
    /// Attacks until it is dropped. An error is one of the siege, never a refusal by the server.
    pub(super) run: fn(Attacker) -> BoxFuture<'static, Result<Infallible>>,
}

/// All attacks.
pub(super) fn all() -> Vec<Scenario> {
    [connections::scenarios(), messages::scenarios()].into_iter().flatten().collect()
}
