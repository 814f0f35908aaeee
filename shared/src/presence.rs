//! Who is in a room now, and who is typing. Topic [`Topic::Presence`](crate::Topic::Presence).
//!
//! A user is present in a room while at least one of the user's connections is subscribed to the
//! room's timeline. State comes once, then differences.

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, User, UserId};
use crate::limits::{PING_INTERVAL_MS, PONG_TIMEOUT_MS};

/// People whose going from a room is remembered, of each room, to say since when they are away.
pub const MAX_REMEMBERED_DEPARTURES: usize = 500;
/// Silence after the last keystroke that ends typing, in milliseconds.
pub const TYPING_IDLE_MS: u64 = 1_000;
/// While typing goes on, how often the client says so again, in milliseconds.
pub const TYPING_RENEW_MS: u64 = 3_000;
/// After this long without a sign of life nobody shows a user as typing, in milliseconds.
pub const TYPING_EXPIRY_MS: u64 = 6_000;
/// In rooms with more people present than this, typing is not sent on.
pub const TYPING_MAX_PRESENT: usize = 100;
/// Comings and goings are collected for this long before they are told, in milliseconds.
pub const PRESENCE_WINDOW_MS: u64 = 100;
/// A presence entry that its connection does not renew expires after this long, in milliseconds:
/// two heartbeats and the wait for the second's pong.
pub const PRESENCE_EXPIRY_MS: u64 = 2 * PING_INTERVAL_MS + PONG_TIMEOUT_MS;

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
    /// [`crate::presence::PRESENCE_WINDOW_MS`], so that a crowd makes one event.
    Changed {
        /// Users who joined.
        joined: Vec<User>,
        /// Users who left.
        left: Vec<UserId>,
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
