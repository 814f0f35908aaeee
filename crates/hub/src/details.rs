//! The details of a room: its description and its members. Topic [`Topic::Details`](madang_shared::Topic::Details).

use madang_shared::details::DetailsEvent;
use madang_shared::{Event, Seq, UserId, codec};

use crate::log::LogEntry;

/// A change of a room's members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberChange {
    /// A user joined. Messages up to this seq were for others.
    Joined(Seq),
    /// A member left.
    Left,
}

/// The change of members that an event of the details means; `None` for other events.
pub(crate) fn member_change(entry: &LogEntry) -> Option<(UserId, MemberChange)> {
    let Ok(Event::Details(event)) = codec::decode_event(&entry.content) else { return None };
    match event {
        DetailsEvent::Joined { member, after } => {
            Some((member.user.id, MemberChange::Joined(after)))
        }
        DetailsEvent::Left { user } => Some((user, MemberChange::Left)),
        DetailsEvent::Described { .. }
        | DetailsEvent::RoleChanged { .. }
        | DetailsEvent::ProfileChanged(_)
        | DetailsEvent::Deleted => None,
    }
}

/// Whether the event replaces the earlier ones of its room's details.
pub(crate) fn is_redaction(entry: &LogEntry) -> bool {
    matches!(codec::decode_event(&entry.content), Ok(Event::Details(DetailsEvent::Deleted)))
}
