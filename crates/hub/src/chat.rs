//! What is said in a room.

use madang_shared::chat::ChatCommand;
use madang_shared::{Failure, RoomId, names};

/// A decided change of a room's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Append a message.
    Post {
        /// Where; the author must have joined it.
        room: RoomId,
        /// Checked and normalised.
        text: String,
    },
}

/// Checks the text.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: ChatCommand) -> Result<Change, Failure> {
    match command {
        ChatCommand::Post { room, text } => {
            Ok(Change::Post { room, text: names::message_text(&text)? })
        }
    }
}
