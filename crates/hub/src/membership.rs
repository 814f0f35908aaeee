//! Membership: the rooms of a user, with read marks and muted rooms.
//! Topic [`Topic::Memberships`].

use madang_shared::membership::{MembershipCommand, MembershipEvent};
use madang_shared::{Event, Topic, codec};

use crate::log::LogEntry;
use crate::policy::RevokedAccess;
use crate::policy::rights::{Need, RoomRight};

/// The need of a change. Leaving a room that the user has not joined changes nothing.
pub fn needs(change: &MembershipCommand) -> Need {
    match change {
        MembershipCommand::Join { room } => Need::Room(*room, RoomRight::Join),
        MembershipCommand::Leave { room } => Need::Room(*room, RoomRight::Leave),
        MembershipCommand::Read { room, .. }
        | MembershipCommand::MarkUnread { room, .. }
        | MembershipCommand::Mute { room, .. } => Need::Room(*room, RoomRight::Read),
    }
}

/// Whether a change adds almost nothing: leaving a room, and a read mark, which only moves forward.
pub fn is_small(change: &MembershipCommand) -> bool {
    match change {
        MembershipCommand::Leave { .. } | MembershipCommand::Read { .. } => true,
        MembershipCommand::Join { .. }
        | MembershipCommand::MarkUnread { .. }
        | MembershipCommand::Mute { .. } => false,
    }
}

/// The access that an event takes away: a user who leaves a room may not read its topics any more.
/// An event that cannot be decoded was written by a newer version, and takes no access away.
pub fn revoked_access(topic: Topic, entry: &LogEntry) -> Option<RevokedAccess> {
    let user = topic.owner()?;
    let Ok(Event::Membership(event)) = codec::decode_event(&entry.content) else { return None };
    match event {
        MembershipEvent::Left { room, .. } => Some(RevokedAccess { user, room }),
        MembershipEvent::Joined(_)
        | MembershipEvent::Read(_)
        | MembershipEvent::Muted { .. }
        | MembershipEvent::Silenced { .. } => None,
    }
}
