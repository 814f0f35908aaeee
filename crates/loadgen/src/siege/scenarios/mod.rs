//! The attacks, one file per group.

mod connections;
mod floods;
mod messages;
mod socketio;

use std::convert::Infallible;

use anyhow::Result;
use futures_util::future::BoxFuture;

use super::attacker::Attacker;

/// One attack.
pub(super) struct Scenario {
    /// The name in the table.
    pub(super) name: &'static str,
    /// Whether the server speaks TLS alone.
    pub(super) is_over_tls: bool,
    /// Attacks until it is dropped. An error is one of the siege, never a refusal by the server.
    pub(super) run: Attack,
}

/// The function of an attack.
type Attack = fn(Attacker) -> BoxFuture<'static, Result<Infallible>>;

impl Scenario {
    /// An attack on a server without TLS.
    fn new(name: &'static str, run: Attack) -> Self {
        Self { name, is_over_tls: false, run }
    }

    /// An attack on a server with TLS.
    fn over_tls(name: &'static str, run: Attack) -> Self {
        Self { name, is_over_tls: true, run }
    }
}

/// All attacks.
pub(super) fn all() -> Vec<Scenario> {
    let groups = [
        connections::scenarios(),
        messages::scenarios(),
        floods::scenarios(),
        socketio::scenarios(),
    ];
    groups.into_iter().flatten().collect()
}
