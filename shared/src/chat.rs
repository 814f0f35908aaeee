//! The messages of a room. Topic [`Topic::Room`](crate::Topic::Room).

use serde::{Deserialize, Serialize};

use crate::ids::{CommandId, RoomId, Timestamp, User};
use crate::membership::Membership;
use crate::moderation::DeletedBy;
use crate::position::Seq;
use crate::rooms::Room;
use crate::sentiment::Sentiment;

/// Unicode scalar values in one message text.
pub const MAX_MESSAGE_CHARS: usize = 4_000;
/// Unicode scalar values in the name of a guest's connection.
pub const MAX_GUEST_CONNECTION_CHARS: usize = 64;
/// Messages in one history page, and in the snapshot of a room.
pub const PAGE_MESSAGES: u32 = 50;
/// Bytes of all texts in one history page. A page of long messages has fewer than [`PAGE_MESSAGES`].
pub const MAX_PAGE_TEXT_BYTES: usize = 64 * 1024;

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
    /// The author's command. The author's screen replaces the optimistic row of this command.
    pub command: CommandId,
    /// The sentiment, analysed when the message was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<Sentiment>,
    /// The guest whose message the author relayed; absent for the author's own messages. Such an author is
    /// a part of the server, and does not verify the guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<Guest>,
    /// The person who deleted the message. Its text is empty then, and its place stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<DeletedBy>,
}

impl Message {
    /// Takes the text out of the message. Its place stays.
    pub fn delete(&mut self, by: DeletedBy) {
        self.text = String::new();
        self.sentiment = None;
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
    /// A message was deleted. In the log, its text is gone from the event at its seq.
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
    /// The reader's membership at this position. An unread count of another position would miss the
    /// messages between the two.
    pub membership: Membership,
}

/// Consecutive messages of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChatPage {
    /// The messages by seq, ascending, without gaps.
    pub messages: Vec<Message>,
    /// Whether the room has messages before the first of these.
    pub older: bool,
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
}

/// The answer to a [`ChatQuery`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChatAnswer {
    /// Answers [`ChatQuery::Before`].
    Before(ChatPage),
}
