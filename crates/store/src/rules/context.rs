//! The context of a command that every feature gets.

use madang_hub::budgets::network::Network;
use madang_hub::ports::CommandFingerprint;
use madang_shared::{CommandId, Failure, Timestamp, User};

use super::refusals;

/// Author, command and time of a write.
#[derive(Debug)]
pub(crate) struct CommandContext {
    pub(super) author: User,
    pub(super) command: CommandId,
    pub(super) at: Timestamp,
    /// The network from which the command came, for the audit log.
    pub(super) network: Option<Network>,
}

/// Refuses an id that was used for another command. A command of an earlier version has no fingerprint,
/// and is taken for the same one.
pub(super) fn require_same(
    applied: Option<CommandFingerprint>,
    repeated: Option<CommandFingerprint>,
) -> Result<(), Failure> {
    match (applied, repeated) {
        (Some(applied), Some(repeated)) if applied != repeated => Err(refusals::command_id_used()),
        _ => Ok(()),
    }
}
