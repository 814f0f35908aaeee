//! Who is in a room now, and who is typing. Topic [`Topic::Here`](crate::Topic::Here).
//!
//! A user is present in a room while at least one of the user's connections is subscribed to the
//! room's timeline. State comes once, then differences.

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, User, UserId};

/// What a client says of itself; nobody acknowledges it, and the next one replaces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PresenceSignal {
    /// The user started typing, is still typing, or stopped.
    Typing {
        /// Where; the connection must be subscribed to the room.
        room: RoomId,
        /// Whether the user is typing.
        typing: bool,
    },
}

/// What happens to who is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PresenceEvent {
    /// Who came and who went since the last such event. Collected over
    /// [`crate::limits::PRESENCE_WINDOW_MS`], so that a crowd makes one event.
    Moved {
        /// These came.
        came: Vec<User>,
        /// These went.
        went: Vec<UserId>,
    },
    /// Somebody started or stopped typing.
    Typing {
        /// Who.
        user: User,
        /// Whether the user is typing.
        typing: bool,
    },
}

/// Who is here at a position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PresenceSnapshot {
    /// By id, ascending.
    pub present: Vec<User>,
    /// Those of them who are typing.
    pub typing: Vec<UserId>,
}
