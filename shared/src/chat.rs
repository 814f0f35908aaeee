//! The messages of a room. Topic [`Topic::Room`](crate::Topic::Room).

use serde::{Deserialize, Serialize};

use crate::ids::{CommandId, RoomId, Timestamp, User};
use crate::markup::Markup;
use crate::membership::Membership;
use crate::moderation::DeletedBy;
use crate::pins::Pin;
use crate::position::Seq;
use crate::reactions::{Reaction, ReactionChange, ReactionPeople, react};
use crate::rooms::Room;
use crate::sentiment::Sentiment;

/// Unicode scalar values in one message text.
pub const MAX_MESSAGE_CHARS: usize = 4_000;
pub use crate::reactions::MAX_REACTION_KINDS;

/// Earlier texts of one message that are kept; the oldest one is dropped for a new one.
pub const MAX_EARLIER_TEXTS: usize = 20;
/// Unicode scalar values in the name of a guest's connection.
pub const MAX_GUEST_CONNECTION_CHARS: usize = 64;
/// Messages in one history page, and in the snapshot of a room.
pub const PAGE_MESSAGES: u32 = 50;
/// Bytes of all texts in one history page, with their formats. A page of long messages has fewer than [`PAGE_MESSAGES`].
pub const MAX_PAGE_TEXT_BYTES: usize = 64 * 1024;
/// Messages in one [`ChatQuery::Messages`]. Their texts have no limit of bytes together, as those of a page have.
pub const MAX_ASKED_MESSAGES: usize = 20;

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// The seq of the message in the room.
    pub seq: Seq,
    /// The author, with the name at that time.
    pub author: User,
    /// When the server stored it.
    pub at: Timestamp,
    /// The text: plain, lines end with `\n`.
    pub text: String,
    /// The text with its formats; empty for a text without any.
    #[serde(default, skip_serializing_if = "Markup::is_empty")]
    pub markup: Markup,
    /// The author's command. The author's screen replaces the optimistic row of this command.
    pub command: CommandId,
    /// The sentiment, analysed when the message was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<Sentiment>,
    /// The guest whose message the author relayed; absent for the author's own messages. Such an author is
    /// a part of the server, and does not verify the guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<Guest>,
    /// The seq of the earlier message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// The person who deleted the message. Its text is empty then, and its place stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<DeletedBy>,
    /// When the author last changed the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// The reactions to the message, in the order of their emoji. In the log, they are in events of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
}

/// The changed text of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageEdit {
    /// The seq of the message.
    pub message: Seq,
    /// The author of the message, who changed it.
    pub by: User,
    /// When the server stored the change.
    pub at: Timestamp,
    /// The new text.
    pub text: String,
    /// The text with its formats; see [`Message::markup`].
    #[serde(default, skip_serializing_if = "Markup::is_empty")]
    pub markup: Markup,
    /// The sentiment of the new text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<Sentiment>,
}

/// A text that a message had before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EarlierText {
    /// When the text was stored.
    pub at: Timestamp,
    /// The text.
    pub text: String,
}

impl Message {
    /// A message of a user, as it is posted.
    pub fn new(seq: Seq, author: User, at: Timestamp, text: String, command: CommandId) -> Self {
        Self {
            seq,
            author,
            at,
            text,
            markup: Markup::default(),
            command,
            sentiment: None,
            guest: None,
            reply_to: None,
            deleted: None,
            edited_at: None,
            reactions: Vec::new(),
        }
    }

    /// Changes the text. A deleted message has none.
    pub fn edit(&mut self, edit: MessageEdit) {
        if self.deleted.is_none() {
            self.text = edit.text;
            self.markup = edit.markup;
            self.sentiment = edit.sentiment;
            self.edited_at = Some(edit.at);
        }
    }

    /// Adds a reaction, or takes one back. A deleted message has none.
    pub fn react(&mut self, change: &ReactionChange) {
        if self.deleted.is_none() {
            react(&mut self.reactions, &change.emoji, change.by.id, change.is_on);
        }
    }

    /// Takes the text out of the message. Its place stays.
    pub fn delete(&mut self, by: DeletedBy) {
        self.text = String::new();
        self.markup = Markup::default();
        self.sentiment = None;
        self.reply_to = None;
        self.edited_at = None;
        self.reactions.clear();
        self.deleted = Some(by);
    }
}

/// A person without a session who uses a room through another protocol than ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Guest {
    /// The name that the guest chose. It is not verified, but no user has it. Empty if the guest chose
    /// none; otherwise see [`crate::validate::user_name`].
    pub name: String,
    /// The id of the guest's connection in the other protocol; at most
    /// [`crate::chat::MAX_GUEST_CONNECTION_CHARS`] characters.
    pub connection: String,
}

/// Commands to a room's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChatCommand {
    /// Posts a message in a room that the user has joined.
    Post {
        /// Which room.
        room: RoomId,
        /// See [`crate::validate::message_text`].
        text: String,
        /// The seq of the message that this one answers. Its author is notified.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<Seq>,
    },
    /// Changes the text of one's own message, within the time that the workspace allows. The earlier text stays readable
    /// for the author and those who moderate the room, until the message is deleted.
    Edit {
        /// Which room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
        /// See [`crate::validate::message_text`].
        text: String,
    },
    /// Reacts to a message with an emoji, or takes that back. A message has at most [`MAX_REACTION_KINDS`] kinds of reactions.
    React {
        /// Which room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
        /// One emoji of Unicode.
        emoji: String,
        /// Whether the reaction is there from now on.
        is_on: bool,
    },
    /// Pins a message in its room, or takes that back. A room has at most [`MAX_PINS`](crate::pins::MAX_PINS) pinned messages.
    Pin {
        /// Which room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
        /// Whether the message is pinned from now on.
        is_on: bool,
    },
    /// Deletes a message: its own author may, and those who moderate the room. Its place stays, without the text. Deleting
    /// twice changes nothing.
    Delete {
        /// Which room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
        /// The reason, for the audit log. Required for a message of another user; at most
        /// [`crate::administration::MAX_REASON_CHARS`] characters.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
}

impl ChatCommand {
    /// The command that posts a message that answers none.
    pub fn post(room: RoomId, text: impl Into<String>) -> Self {
        Self::Post { room, text: text.into(), reply_to: None }
    }
}

/// Events of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChatEvent {
    /// A user posted a message.
    Posted(Message),
    /// A user changed the facts of the room.
    RoomChanged {
        /// The new facts; their revision is the seq of this event.
        room: Room,
        /// The user.
        by: User,
    },
    /// The author changed the text of a message. In the log, the event at its seq and earlier changes have the new text too.
    MessageEdited(MessageEdit),
    /// A user reacted to a message, or took a reaction back.
    Reacted(ReactionChange),
    /// A user pinned a message, or took that back.
    Pinned {
        /// The message, the user and the time.
        pin: Pin,
        /// Whether the message is pinned from now on.
        is_on: bool,
    },
    /// A message was deleted, and is pinned no more. In the log, its text is gone from the event at its seq.
    MessageDeleted {
        /// The seq of the message.
        message: Seq,
        /// The person who deleted it.
        by: DeletedBy,
    },
    /// The room was deleted. In the log, this event replaces all earlier ones of the room.
    Deleted,
}

/// A room at a position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChatSnapshot {
    /// The facts of the room.
    pub room: Room,
    /// The newest messages.
    pub page: ChatPage,
    /// The pinned messages that the reader may see, in the order in which they were pinned; at most
    /// [`MAX_PINS`](crate::pins::MAX_PINS).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<Pin>,
    /// The reader's membership at this position. An unread count of another position would miss the
    /// messages between the two.
    pub membership: Membership,
}

/// Consecutive messages of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChatPage {
    /// The messages by seq, ascending, without gaps.
    pub messages: Vec<Message>,
    /// Whether the room has messages before the first of these.
    pub older: bool,
    /// The messages before these that some of these answer, by seq, ascending. Those that the reader may not see are missing, and
    /// so are the oldest ones if the texts of all have more than [`MAX_PAGE_TEXT_BYTES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub originals: Vec<Message>,
}

/// Queries of a room's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChatQuery {
    /// The messages before a seq.
    Before {
        /// Which room; the user must have joined it.
        room: RoomId,
        /// The answer ends with the message before this seq.
        before: Seq,
        /// The number of messages; at most [`crate::chat::PAGE_MESSAGES`].
        limit: u32,
    },
    /// Single messages.
    Messages {
        /// Which room; the user must have joined it.
        room: RoomId,
        /// The seqs of the messages, in any order; at most [`crate::chat::MAX_ASKED_MESSAGES`].
        messages: Vec<Seq>,
    },
    /// The people behind the reactions to a message.
    Reactions {
        /// Which room; the user must have joined it.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
    },
    /// The earlier texts of a message, for its author and those who moderate the room.
    Earlier {
        /// Which room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
    },
}

/// The answer to a [`ChatQuery`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChatAnswer {
    /// Answers [`ChatQuery::Before`].
    Before(ChatPage),
    /// Answers [`ChatQuery::Messages`], by seq, ascending. Messages that the reader may not see, and those that do not exist, are
    /// missing.
    Messages(Vec<Message>),
    /// Answers [`ChatQuery::Reactions`], in the order of the message's reactions.
    Reactions(Vec<ReactionPeople>),
    /// Answers [`ChatQuery::Earlier`]: the earlier texts, the oldest first; at most [`MAX_EARLIER_TEXTS`].
    Earlier(Vec<EarlierText>),
}
