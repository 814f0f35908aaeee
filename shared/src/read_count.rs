//! The read count: the number of members who have read a message.
//!
//! The query is a watch. The server answers when the count is not the known one, at once or later, and at most
//! once a second. The client then asks again with the count that it got. A connection has one watch: the next
//! query replaces it, and the end of the connection ends it.

use serde::{Deserialize, Serialize};

use crate::ids::RoomId;
use crate::position::Seq;

/// The shortest time between two changes of a count that the server sends, in milliseconds.
pub const READ_COUNT_INTERVAL_MS: u64 = 1_000;

/// The number of readers of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadCount {
    /// The recipients who have read the message.
    pub read: u64,
    /// The members for whom the message was: those who joined before it, without the user who asks.
    pub recipients: u64,
}

/// Queries of read counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReadCountQuery {
    /// Watches a message of the user's own.
    Watch {
        /// Which room; the user must have joined it.
        room: RoomId,
        /// The message.
        message: Seq,
        /// The count that the client shows. Without it the server answers at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        known: Option<ReadCount>,
    },
}

/// The answer to a [`ReadCountQuery`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReadCountAnswer {
    /// Answers [`ReadCountQuery::Watch`]: the count is another one now.
    Counted(ReadCount),
}
