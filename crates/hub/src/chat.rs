//! Chat: the messages of a room. Topic [`Topic::Room`](madang_shared::Topic::Room).

use madang_shared::chat::MAX_GUEST_CONNECTION_CHARS;
use madang_shared::chat::{ChatCommand, ChatEvent, ChatQuery, Guest};
use madang_shared::moderation::DeletedBy;
use madang_shared::sentiment::Sentiment;
use madang_shared::{ErrorCode, Event, Failure, RoomId, Seq, codec, validate};

use crate::budgets::account::Cost;
use crate::budgets::resource::Resource;
use crate::log::LogEntry;
use crate::notices::{Mention, mention_signs, mentions};
use crate::policy::rights::{Need, RoomRight};
use crate::{moderation, names, sentiment};

/// A decided change of a room's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatChange {
    /// Appends a message.
    Post {
        /// The room; its author must be a member.
        room: RoomId,
        /// The text, validated and normalised.
        text: String,
        /// The sentiment of the text, where the workspace stores moods.
        sentiment: Option<Sentiment>,
        /// The guest for whom the author posts it. The guest's name belongs to no user.
        guest: Option<Guest>,
        /// The mentions in the text. The store keeps those that name a member of the room.
        mentions: Vec<Mention>,
    },
    /// Takes the text out of a message.
    Delete {
        /// The room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
        /// The reason, validated; the store requires one for a message of another user.
        reason: String,
    },
}

/// Validates the text and finds its mentions. [`classify`] adds the sentiment.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: ChatCommand) -> Result<ChatChange, Failure> {
    match command {
        ChatCommand::Post { room, text } => post(room, &text, None),
        ChatCommand::Delete { room, message, reason } => {
            let reason = moderation::reason(&reason)?;
            Ok(ChatChange::Delete { room, message, reason })
        }
    }
}

/// Decides a message of a guest. The text is validated as any message is, and the guest's name as any
/// name is. There is no command for it: only the gateway relays guests.
///
/// # Errors
/// `invalid`, `too_long` or `name_taken`.
pub fn relay_guest_message(room: RoomId, text: &str, guest: Guest) -> Result<ChatChange, Failure> {
    let Guest { name, connection } = guest;
    if connection.chars().count() > MAX_GUEST_CONNECTION_CHARS {
        let message = format!(
            "The connection's name has more than {MAX_GUEST_CONNECTION_CHARS} characters; send a shorter one."
        );
        return Err(Failure::new(ErrorCode::TooLong, message));
    }
    let name = if name.trim().is_empty() { String::new() } else { names::user_name(&name)? };
    post(room, text, Some(Guest { name, connection }))
}

/// Takes the text out of an event. Returns the event that replaces it, or `None` if the event has no text.
pub fn redact(event: Event, by: DeletedBy) -> Option<Event> {
    let Event::Chat(ChatEvent::Posted(mut message)) = event else { return None };
    message.delete(by);
    Some(ChatEvent::Posted(message).into())
}

/// Whether the event redacts an earlier one of its room, or replaces all of them.
pub fn is_redaction(entry: &LogEntry) -> bool {
    matches!(
        codec::decode_event(&entry.content),
        Ok(Event::Chat(ChatEvent::Deleted | ChatEvent::MessageDeleted { .. }))
    )
}

/// The need of a change.
pub fn needs(change: &ChatChange) -> Need {
    match change {
        ChatChange::Post { room, .. } => Need::Room(*room, RoomRight::Write),
        // The store requires `RoomRight::Moderate` too if the author is another user.
        ChatChange::Delete { room, .. } => Need::Room(*room, RoomRight::Delete),
    }
}

/// Whether a change writes to others; see [`crate::policy::restrictions::check_speech`].
pub fn is_speech(change: &ChatChange) -> bool {
    matches!(change, ChatChange::Post { .. })
}

/// Whether a change removes something.
pub fn is_small(change: &ChatChange) -> bool {
    matches!(change, ChatChange::Delete { .. })
}

/// The need of a query.
pub fn query_needs(query: &ChatQuery) -> Need {
    let ChatQuery::Before { room, .. } = query;
    Need::Room(*room, RoomRight::Read)
}

/// The cost of a message: its possible mentions, because each may notify a person.
pub fn cost(command: &ChatCommand) -> Option<Cost> {
    let ChatCommand::Post { text, .. } = command else { return None };
    let units = mention_signs(text) as u64;
    (units > 0).then_some(Cost { resource: Resource::Mentions, units })
}

fn post(room: RoomId, text: &str, guest: Option<Guest>) -> Result<ChatChange, Failure> {
    let text = validate::message_text(text)?;
    let mentions = mentions(&text);
    Ok(ChatChange::Post { room, text, sentiment: None, guest, mentions })
}

/// Adds the sentiment to a message.
pub fn classify(change: &mut ChatChange) {
    if let ChatChange::Post { text, sentiment, .. } = change {
        *sentiment = Some(sentiment::classify(text).sentiment);
    }
}
