//! Chat: the messages of a room. Topic [`Topic::Room`](madang_shared::Topic::Room).

use madang_shared::chat::MAX_GUEST_CONNECTION_CHARS;
use madang_shared::chat::{ChatCommand, ChatEvent, ChatQuery, Guest, MessageEdit};
use madang_shared::moderation::DeletedBy;
use madang_shared::reactions::{MAX_EMOJI_BYTES, ReactionChange};
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
        /// The message.
        message: NewMessage,
    },
    /// Changes the text of a message.
    Edit {
        /// The room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
        /// The new text, validated and normalised.
        text: String,
        /// The sentiment of the new text, where the workspace stores moods.
        sentiment: Option<Sentiment>,
        /// The mentions in the new text.
        mentions: Vec<Mention>,
    },
    /// Adds a reaction, or takes it back.
    React {
        /// The room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
        /// An emoji.
        emoji: String,
        /// Whether the reaction is there from now on.
        is_on: bool,
    },
    /// Pins a message, or takes that back.
    Pin {
        /// The room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
        /// Whether the message is pinned from now on.
        is_on: bool,
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

/// A message to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// The text, validated and normalised.
    pub text: String,
    /// The sentiment of the text, where the workspace stores moods.
    pub sentiment: Option<Sentiment>,
    /// The guest for whom the author posts it. The guest's name belongs to no user.
    pub guest: Option<Guest>,
    /// The mentions in the text. The store keeps those that name a member of the room.
    pub mentions: Vec<Mention>,
    /// The seq of the message that it answers. The store refuses one that the author may not see.
    pub reply_to: Option<Seq>,
}

impl NewMessage {
    /// A message that answers none, from a validated text.
    pub fn of(text: String) -> Self {
        let mentions = mentions(&text);
        Self { text, sentiment: None, guest: None, mentions, reply_to: None }
    }
}

/// Validates the text and finds its mentions. [`classify`] adds the sentiment.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: ChatCommand) -> Result<ChatChange, Failure> {
    match command {
        ChatCommand::Post { room, text, reply_to } => {
            let text = validate::message_text(&text)?;
            Ok(ChatChange::Post { room, message: NewMessage { reply_to, ..NewMessage::of(text) } })
        }
        ChatCommand::Edit { room, message, text } => {
            let text = validate::message_text(&text)?;
            let mentions = mentions(&text);
            Ok(ChatChange::Edit { room, message, text, sentiment: None, mentions })
        }
        ChatCommand::React { room, message, emoji, is_on } => {
            let emoji = emoji_of(&emoji)?.to_owned();
            Ok(ChatChange::React { room, message, emoji, is_on })
        }
        ChatCommand::Pin { room, message, is_on } => Ok(ChatChange::Pin { room, message, is_on }),
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
    let (text, guest) = (validate::message_text(text)?, Some(Guest { name, connection }));
    Ok(ChatChange::Post { room, message: NewMessage { guest, ..NewMessage::of(text) } })
}

/// The emoji in the spelling that Unicode recommends, so that two spellings are one kind of reaction.
///
/// # Errors
/// `invalid` for anything but one emoji.
fn emoji_of(text: &str) -> Result<&'static str, Failure> {
    let found = Some(text).filter(|text| text.len() <= MAX_EMOJI_BYTES).and_then(emojis::get);
    let message = "A reaction is one emoji.";
    found.map(emojis::Emoji::as_str).ok_or_else(|| Failure::new(ErrorCode::Invalid, message))
}

/// Takes the text out of an event. Returns the event that replaces it, or `None` if the event has no text.
pub fn redact(event: Event, by: DeletedBy) -> Option<Event> {
    match event {
        Event::Chat(ChatEvent::Posted(mut message)) => {
            message.delete(by);
            Some(ChatEvent::Posted(message).into())
        }
        Event::Chat(ChatEvent::MessageEdited(MessageEdit { message, .. })) => {
            Some(ChatEvent::MessageDeleted { message, by }.into())
        }
        _ => None,
    }
}

/// Puts the new text into an event that holds an earlier one. Returns the event that replaces it, or `None` for another event.
pub fn rewrite(event: Event, edit: &MessageEdit) -> Option<Event> {
    match event {
        Event::Chat(ChatEvent::Posted(mut message)) => {
            message.edit(edit.clone());
            Some(ChatEvent::Posted(message).into())
        }
        Event::Chat(ChatEvent::MessageEdited(_)) => {
            Some(ChatEvent::MessageEdited(edit.clone()).into())
        }
        _ => None,
    }
}

/// Whether the event redacts an earlier one of its room, or replaces all of them.
pub fn is_redaction(entry: &LogEntry) -> bool {
    matches!(
        codec::decode_event(&entry.content),
        Ok(Event::Chat(
            ChatEvent::Deleted
                | ChatEvent::MessageDeleted { .. }
                | ChatEvent::MessageEdited(_)
                | ChatEvent::Reacted(ReactionChange { is_on: false, .. })
        ))
    )
}

/// The need of a change.
pub fn needs(change: &ChatChange) -> Need {
    match change {
        // The store requires that an edited message is the user's own.
        ChatChange::Post { room, .. }
        | ChatChange::Edit { room, .. }
        | ChatChange::Pin { room, .. } => Need::Room(*room, RoomRight::Write),
        ChatChange::React { room, .. } => Need::Room(*room, RoomRight::React),
        // The store requires `RoomRight::Moderate` too if the author is another user.
        ChatChange::Delete { room, .. } => Need::Room(*room, RoomRight::Delete),
    }
}

/// Whether a change writes to others; see [`crate::policy::restrictions::check_speech`].
pub fn is_speech(change: &ChatChange) -> bool {
    matches!(
        change,
        ChatChange::Post { .. }
            | ChatChange::Edit { .. }
            | ChatChange::React { is_on: true, .. }
            | ChatChange::Pin { is_on: true, .. }
    )
}

/// Whether a change removes something.
pub fn is_small(change: &ChatChange) -> bool {
    matches!(
        change,
        ChatChange::Delete { .. }
            | ChatChange::React { is_on: false, .. }
            | ChatChange::Pin { is_on: false, .. }
    )
}

/// The need of a query.
pub fn query_needs(query: &ChatQuery) -> Need {
    match query {
        // The store requires `RoomRight::Moderate` too for the earlier texts of another user.
        ChatQuery::Before { room, .. }
        | ChatQuery::Messages { room, .. }
        | ChatQuery::Reactions { room, .. }
        | ChatQuery::Earlier { room, .. } => Need::Room(*room, RoomRight::Read),
    }
}

/// The cost of a message: its possible mentions, because each may notify a person.
pub fn cost(command: &ChatCommand) -> Option<Cost> {
    match command {
        ChatCommand::Post { text, .. } | ChatCommand::Edit { text, .. } => mention_cost(text),
        ChatCommand::React { .. } | ChatCommand::Pin { .. } | ChatCommand::Delete { .. } => None,
    }
}

/// The cost of the possible mentions in a text.
pub(crate) fn mention_cost(text: &str) -> Option<Cost> {
    let units = mention_signs(text) as u64;
    (units > 0).then_some(Cost { resource: Resource::Mentions, units })
}

/// Adds the sentiment to a message.
pub fn classify(change: &mut ChatChange) {
    if let ChatChange::Post { message: NewMessage { text, sentiment, .. }, .. }
    | ChatChange::Edit { text, sentiment, .. } = change
    {
        *sentiment = Some(sentiment::classify(text).sentiment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The picker of the app sends these forms, and compares them with the server's.
    #[test]
    fn every_emoji_that_the_app_offers_is_a_reaction_in_the_same_form() {
        let file = include_str!("../../../frontend/emoji.txt");
        let lines = file.lines().filter(|line| !line.starts_with('\t'));
        let forms = lines.flat_map(|line| line.split('\t').take(2)).filter(|it| !it.is_empty());
        let mut count = 0;
        for form in forms {
            assert_eq!(emoji_of(form).ok(), Some(form), "{form}");
            count += 1;
        }
        assert!(count > 2_000, "the file is not read");
    }
}
