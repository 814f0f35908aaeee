//! The people who can see a room or a message, and the rule by which each kind of them can. This is the body of the answer at
//! [`room_access_path`]. The server computes it with the rules that decide requests.

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Timestamp};
use crate::position::Seq;

/// The path of the answer, for `GET` by users who may know of the room, and for a message by those who can see it.
pub fn room_access_path(room: RoomId, message: Option<Seq>) -> String {
    let message = message.map(|message| format!("?message={}", message.0));
    format!("/api/rooms/{room}/access{}", message.unwrap_or_default())
}

named! {
    /// The rule by which people see a room or a message.
    AccessRule {
        /// They manage the room.
        Manager = "manager",
        /// They are members of it.
        Member = "member",
        /// They are members who may only read.
        Reader = "reader",
        /// The room is public: every member of the workspace may join it, and sees it then.
        MayJoin = "may_join",
        /// Socket.IO clients without an account are relayed to the room.
        RelayedClient = "relayed_client",
        /// The other way round: members of the room who joined after the message, and do not see it.
        JoinedLater = "joined_later",
    }
}

/// The people with one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessGroup {
    /// The rule.
    pub rule: AccessRule,
    /// Their number; none where the reader may not know it, and for clients without an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<u64>,
}

/// The people who can see a room or a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomAccess {
    /// The rule by which the reader sees it; none if no rule lets the reader see it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<AccessRule>,
    /// The beginning of the reader's membership, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// All kinds of people, in the order of the rules; without empty ones.
    pub groups: Vec<AccessGroup>,
}
