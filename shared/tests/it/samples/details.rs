//! Samples of the details of a room.

use madang_shared::details::{DetailsEvent, DetailsSnapshot, RoomMember};
use madang_shared::roles::RoomRole;
use madang_shared::{Seq, Topic, UserId};

use super::{ROOM, TIME, user};

pub(super) fn events() -> Vec<(Topic, DetailsEvent)> {
    let topic = Topic::Details(ROOM);
    let described = DetailsEvent::Described { description: "12시 1층 Noon".into(), by: user() };
    let member = RoomMember { user: user(), since: Some(TIME), role: RoomRole::Member };
    vec![
        (topic, described),
        (topic, DetailsEvent::Joined { member, after: Seq(41) }),
        (topic, DetailsEvent::Left { user: UserId(4) }),
        (topic, DetailsEvent::RoleChanged { user: UserId(4), role: RoomRole::Manager }),
        (topic, DetailsEvent::Deleted),
    ]
}

pub(super) fn event_name(event: &DetailsEvent) -> &'static str {
    match event {
        DetailsEvent::Described { .. } => "details.described",
        DetailsEvent::Joined { .. } => "details.joined",
        DetailsEvent::Left { .. } => "details.left",
        DetailsEvent::RoleChanged { .. } => "details.role_changed",
        DetailsEvent::Deleted => "details.deleted",
    }
}

pub(super) fn snapshot() -> (Topic, DetailsSnapshot) {
    (Topic::Details(ROOM), DetailsSnapshot { description: "12시 1층 Noon".into(), members: 12 })
}
