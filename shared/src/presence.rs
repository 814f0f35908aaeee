//! Presence and typing in a room. Topic [`Topic::Presence`](crate::Topic::Presence).
//!
//! A user is present in a room while at least one of the user's connections is subscribed to the
//! room's timeline. A snapshot comes first, and then the
//! differences.

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, User, UserId};
use crate::limits::{PING_INTERVAL_MS, PONG_TIMEOUT_MS};

/// Departures that the server remembers for each room, to report since when a user is away.
pub const MAX_REMEMBERED_DEPARTURES: usize = 500;
/// Silence after the last keystroke that ends typing, in milliseconds.
pub const TYPING_IDLE_MS: u64 = 1_000;
/// The interval at which a client renews its typing signal, in milliseconds.
pub const TYPING_RENEW_MS: u64 = 3_000;
/// The time after which typing expires without another signal, in milliseconds.
pub const TYPING_EXPIRY_MS: u64 = 6_000;
/// In rooms with more present users than this, the server does not send typing events.
pub const TYPING_MAX_PRESENT: usize = 100;
/// The time over which presence changes are collected into one event, in milliseconds.
pub const PRESENCE_WINDOW_MS: u64 = 100;
/// The time after which a presence entry expires unless its connection renews it, in milliseconds: two
/// pings and the wait for the second pong.
pub const PRESENCE_EXPIRY_MS: u64 = 2 * PING_INTERVAL_MS + PONG_TIMEOUT_MS;

/// Signals of a client. They are not acknowledged, and a later one replaces an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PresenceSignal {
    /// The user started typing, is still typing, or stopped.
    Typing {
        /// Which room; the connection must be subscribed to it.
        room: RoomId,
        /// Whether the user is typing.
        typing: bool,
    },
}

/// Events of presence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PresenceEvent {
    /// Users joined or left since the last such event. The server collects changes over
    /// [`crate::presence::PRESENCE_WINDOW_MS`], so that many of them make one event.
    Changed {
        /// Users who joined.
        joined: Vec<User>,
        /// Users who left.
        left: Vec<UserId>,
    },
    /// A user started or stopped typing.
    Typing {
        /// The user.
        user: User,
        /// Whether the user is typing.
        typing: bool,
    },
}

/// Presence at a position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PresenceSnapshot {
    /// The present users by id, ascending.
    pub present: Vec<User>,
    /// The present users who are typing.
    pub typing: Vec<UserId>,
}
