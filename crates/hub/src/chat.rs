//! What is said in a room.

use madang_shared::chat::MAX_GUEST_CONNECTION_CHARS;
use madang_shared::chat::{ChatCommand, Guest};
use madang_shared::sentiment::Sentiment;
use madang_shared::{ErrorCode, Failure, RoomId, validate};

use crate::notices::{Mention, mentions};
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
        /// On whose behalf, if not the author's own; the name is no user's.
        guest: Option<Guest>,
        /// Who is named in it, if they are members.
        mentions: Vec<Mention>,
    },
}

/// Checks the text, judges how it feels, and finds who is named in it.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: ChatCommand) -> Result<Change, Failure> {
    match command {
        ChatCommand::Post { room, text } => post(room, &text, None),
    }
}

/// What a guest says: checked as everybody's messages are, and the guest's name as everybody's names.
/// No client can ask for this; a gateway of the server's own does.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn relay_guest_message(room: RoomId, text: &str, guest: Guest) -> Result<Change, Failure> {
    let Guest { name, connection } = guest;
    if connection.chars().count() > MAX_GUEST_CONNECTION_CHARS {
        return Err(Failure::new(ErrorCode::TooLong, "The connection's name is too long."));
    }
    let name = if name.trim().is_empty() { String::new() } else { validate::user_name(&name)? };
    post(room, text, Some(Guest { name, connection }))
}

fn post(room: RoomId, text: &str, guest: Option<Guest>) -> Result<Change, Failure> {
    let text = validate::message_text(text)?;
    let sentiment = sentiment::classify(&text).sentiment;
    let mentions = mentions(&text);
    Ok(Change::Post { room, text, sentiment, guest, mentions })
}
