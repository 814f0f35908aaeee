//! What is said in a room.

use madang_shared::chat::ChatCommand;
use madang_shared::sentiment::Sentiment;
use madang_shared::{Failure, RoomId, names};

use crate::sentiment;

/// A decided change of a room's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Append a message.
    Post {
        /// Where; the author must have joined it.
        room: RoomId,
        /// Checked and normalised.
        text: String,
        /// How it feels.
        sentiment: Sentiment,
    },
}

/// Checks the text, and judges how it feels.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: ChatCommand) -> Result<Change, Failure> {
    match command {
        ChatCommand::Post { room, text } => {
            let text = names::message_text(&text)?;
            let sentiment = sentiment::judge(&text).sentiment;
            Ok(Change::Post { room, text, sentiment })
        }
    }
}
