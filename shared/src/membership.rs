//! Which rooms a user has joined, and how far the user has read in each. Topic
//! [`Topic::Memberships`], one per user, so that all tabs and devices of a user agree.
//!
//! An unread count is never stored. It is the number of messages by others after the read mark; the
//! server counts it once for a snapshot, and from there the same rule runs in the client
//! (`madang-client`), so that it cannot drift and cannot stick.
//!
//! [`Topic::Memberships`]: crate::Topic::Memberships

use serde::{Deserialize, Serialize};

use crate::ids::RoomId;
use crate::position::Seq;

/// Rooms that one user may have joined: one connection can follow them all, and a hello that resumes
/// them all stays far below [`MAX_CLIENT_FRAME_BYTES`].
pub const MAX_JOINED_ROOMS: u64 = 200;

/// One room that the user has joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Membership {
    /// Which room.
    pub room: RoomId,
    /// Everything in the room up to and including this has been read.
    pub read_up_to: Seq,
    /// How many messages by others lie after `read_up_to`, up to and including `head`.
    pub unread: u64,
    /// The last event of the room when `unread` was counted.
    pub head: Seq,
}

/// What a client may ask about its own memberships.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MembershipCommand {
    /// Joins a room; what was said before counts as read. Joining twice changes nothing.
    Join {
        /// Which room.
        room: RoomId,
    },
    /// Leaves a room. Leaving twice changes nothing.
    Leave {
        /// Which room.
        room: RoomId,
    },
    /// Moves the read mark. It only ever moves forward: an older mark changes nothing.
    Read {
        /// Which room.
        room: RoomId,
        /// The last event that has been read; beyond the room's last event it counts as that.
        up_to: Seq,
    },
}

/// What happens to a user's memberships.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MembershipEvent {
    /// The user joined a room.
    Joined(Membership),
    /// The user left a room.
    Left {
        /// Which room.
        room: RoomId,
    },
    /// The read mark moved; the counts travel with it.
    Read(Membership),
}

/// A user's memberships at a position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MembershipSnapshot {
    /// By room, ascending.
    pub memberships: Vec<Membership>,
}
