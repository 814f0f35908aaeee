//! The rooms that a user has joined, with the read mark of each, and which of them are muted. Topic [`Topic::Memberships`], one per
//! user, so that all tabs and devices of a user agree.
//!
//! An unread count is not stored. It is the number of messages by others after the read mark, or from the message on that the
//! user has marked as unread ([`Membership::unread_from`]). The server
//! counts it for a snapshot, up to [`MAX_COUNTED_UNREAD`], and the client (`madang-client`) applies the same rule to later events, so
//! the count cannot drift.
//!
//! [`Topic::Memberships`]: crate::Topic::Memberships

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, User};
use crate::moderation::Silence;
use crate::position::Seq;
use crate::rooms::{Room, is_usual};

/// Rooms that one user can join. One connection can subscribe to all of them, and a hello that resumes
/// them stays far below [`MAX_CLIENT_FRAME_BYTES`](crate::limits::MAX_CLIENT_FRAME_BYTES).
pub const MAX_JOINED_ROOMS: u64 = 200;
/// Rooms of a user, beyond which others add the user to no further one. The rest is for the user's own choice.
pub const MAX_JOINED_BY_OTHERS: u64 = 150;

/// The largest unread count of a room that the server counts. A larger one is shown as “more than”, so
/// that opening a room does not get slower with its history.
pub const MAX_COUNTED_UNREAD: u64 = 1_000;

/// The messages after the read mark that the server looks at while it counts. Only a user with more
/// own messages there, who never reads, gets a smaller count than [`MAX_COUNTED_UNREAD`].
pub const MAX_UNREAD_SCAN: u64 = 10_000;

/// One room that the user has joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Membership {
    /// Which room.
    pub room: RoomId,
    /// Everything in the room up to and including this has been read. Others see this mark, which only moves forward.
    pub read_up_to: Seq,
    /// The number of messages by others after [`Membership::mark`], up to and including `head`; at most
    /// [`MAX_COUNTED_UNREAD`].
    pub unread: u64,
    /// The last event of the room when `unread` was counted.
    pub head: Seq,
    /// The first of the read messages that the user has marked as unread; 0 if there is none. It is the user's own business.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub unread_from: Seq,
    /// The seq of the event in the user's memberships that marked messages as unread, or that began a further membership; 0 if
    /// there was none. Of two states, the one with the greater seq is newer.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub marked: Seq,
}

impl Membership {
    /// A membership without messages that were marked as unread.
    pub fn new(room: RoomId, read_up_to: Seq, unread: u64, head: Seq) -> Self {
        Self { room, read_up_to, unread, head, unread_from: Seq(0), marked: Seq(0) }
    }

    /// The messages by others after this one count as unread.
    pub fn mark(&self) -> Seq {
        match self.unread_from {
            Seq(0) => self.read_up_to,
            from => self.read_up_to.min(from.previous()),
        }
    }
}

/// Commands to a user's own memberships.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MembershipCommand {
    /// Joins a room. Earlier messages count as read. Joining twice changes nothing.
    Join {
        /// Which room.
        room: RoomId,
    },
    /// Leaves a room. Leaving twice changes nothing.
    Leave {
        /// Which room.
        room: RoomId,
    },
    /// Moves the read mark. It only ever moves forward: an older mark changes nothing, unless messages up to it were marked as
    /// unread. Those are read again.
    Read {
        /// Which room.
        room: RoomId,
        /// The last event that has been read; at most the room's last event.
        up_to: Seq,
    },
    /// Marks the messages from one on as unread, on all devices of the user; nobody else sees it. The messages after the read mark
    /// are unread in any case.
    MarkUnread {
        /// Which room.
        room: RoomId,
        /// The first message that counts as unread. Those that the user does not see are left out.
        from: Seq,
    },
    /// Mutes or unmutes a joined room. The unread messages of a muted room are counted in its row only,
    /// neither in the title nor in a badge of the app; mentions are notices in any case. Muting twice changes
    /// nothing, and leaving the room ends it.
    Mute {
        /// Which room.
        room: RoomId,
        /// Whether the room is muted from now on.
        muted: bool,
    },
}

/// Events of a user's memberships.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MembershipEvent {
    /// The user joined a room.
    Joined(Membership),
    /// The user left a room, or another user ended the membership.
    Left {
        /// Which room.
        room: RoomId,
        /// The act of the other user; absent if the user left.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        removal: Option<Removal>,
        /// The reason of the removal.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// The read mark moved, or messages were marked as unread; the event carries the new counts.
    Read(Membership),
    /// The user muted or unmuted the room.
    Muted {
        /// Which room.
        room: RoomId,
        /// Whether the room is muted from now on.
        muted: bool,
    },
    /// A moderator has silenced the user, or has ended a silence. A silence ends by itself too,
    /// without an event.
    Silenced {
        /// All silences of the user whose end was in the future at this event.
        silences: Vec<Silence>,
    },
}

/// The act of another user that ended a membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Removal {
    /// This user removed the member.
    Removed(User),
    /// This user deleted the room.
    Deleted(User),
}

/// A user's memberships at a position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MembershipSnapshot {
    /// The memberships by room, ascending.
    pub memberships: Vec<Membership>,
    /// The facts of the joined rooms, ascending. The event of joining a room has none: they arrive with the state of the
    /// room's timeline.
    pub rooms: Vec<Room>,
    /// The muted rooms, ascending. They are apart from [`Membership`], because snapshots of rooms carry
    /// memberships too, in an order of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub muted: Vec<RoomId>,
    /// The silences of the user. Their ends may have passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silences: Vec<Silence>,
}
