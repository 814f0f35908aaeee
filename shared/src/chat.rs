//! What is said in a room. Topic [`Topic::Room`](crate::Topic::Room).

use serde::{Deserialize, Serialize};

use crate::ids::{CommandId, RoomId, Timestamp, User};
use crate::membership::Membership;
use crate::position::Seq;
use crate::sentiment::Sentiment;

/// Unicode scalar values in one message text.
pub const MAX_MESSAGE_CHARS: usize = 4_000;
/// Unicode scalar values in the name of a guest's connection.
pub const MAX_GUEST_CONNECTION_CHARS: usize = 64;
/// Messages in one history page, and in the snapshot of a room.
pub const PAGE_MESSAGES: u32 = 50;

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// Its place in the room.
    pub seq: Seq,
    /// Who said it, under the name of that moment.
    pub author: User,
    /// When the server stored it.
    pub at: Timestamp,
    /// What was said. Plain text; lines end with `\n`.
    pub text: String,
    /// The command that brought it, so that its author's screen replaces the pending row with this.
    pub command: CommandId,
    /// How it feels, judged when it was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<Sentiment>,
    /// On whose behalf the author passed it on; none for what the author said. Such an author is a
    /// part of the server itself, which vouches for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<Guest>,
}

/// Somebody without a session, who reaches a room through another protocol than ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Guest {
    /// The name that the guest gave, which nobody checked, but which is no user's; empty for one who
    /// gave none. Otherwise see [`crate::validate::user_name`].
    pub name: String,
    /// Names the guest's connection, as the other protocol does; at most
    /// [`crate::chat::MAX_GUEST_CONNECTION_CHARS`] characters.
    pub connection: String,
}

/// What a client may ask of a room's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChatCommand {
    /// Says something in a room that the user has joined.
    Post {
        /// Where.
        room: RoomId,
        /// See [`crate::validate::message_text`].
        text: String,
    },
}

/// What happens in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChatEvent {
    /// Somebody said something.
    Posted(Message),
}

/// A room at a position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChatSnapshot {
    /// The newest messages.
    pub page: ChatPage,
    /// How the reader stands in the room at this very position: an unread count from another moment
    /// would miss what came between the two.
    pub membership: Membership,
}

/// Consecutive messages of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChatPage {
    /// By place, ascending, with nothing left out between the first and the last.
    pub messages: Vec<Message>,
    /// Whether the room has messages before the first of these.
    pub older: bool,
}

/// What a client may ask without changing anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChatQuery {
    /// The messages that stand right before a place.
    Before {
        /// Which room; the user must have joined it.
        room: RoomId,
        /// The answer ends right before this place.
        before: Seq,
        /// How many at most; capped at [`crate::chat::PAGE_MESSAGES`].
        limit: u32,
    },
}

/// The answer to a [`ChatQuery`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChatAnswer {
    /// To [`ChatQuery::Before`].
    Before(ChatPage),
}
