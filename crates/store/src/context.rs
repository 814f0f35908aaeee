//! The context of a command that every feature gets.

use madang_shared::{CommandId, Timestamp, User};

/// Author, command and time of a write.
#[derive(Debug)]
pub(crate) struct CommandContext {
    pub(crate) author: User,
    pub(crate) command: CommandId,
    pub(crate) at: Timestamp,
}
