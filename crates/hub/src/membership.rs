//! Membership: the rooms of a user, with read marks.
//! Topic [`Topic::Memberships`].

use madang_shared::membership::MembershipEvent;
use madang_shared::{Event, Topic, codec};

use crate::log::LogEntry;
use crate::policy::RevokedAccess;

/// The access that an event takes away: a user who leaves a room may not read its topics any more.
/// An event that cannot be decoded was written by a newer version, and takes no access away.
pub fn revoked_access(topic: Topic, entry: &LogEntry) -> Option<RevokedAccess> {
    let user = topic.owner()?;
    let Ok(Event::Membership(event)) = codec::decode_event(&entry.content) else { return None };
    match event {
        MembershipEvent::Left { room } => Some(RevokedAccess { user, room }),
        MembershipEvent::Joined(_) | MembershipEvent::Read(_) => None,
    }
}
