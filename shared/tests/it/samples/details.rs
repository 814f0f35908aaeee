//! Samples of the details of a room.

use madang_shared::details::{DetailsEvent, DetailsSnapshot, RoomMember};
use madang_shared::profile::Profile;
use madang_shared::roles::RoomRole;
use madang_shared::{Seq, Topic, UserId};

use super::{ROOM, TIME, user};

fn profile() -> Profile {
    Profile {
        name: "김민수".into(),
        emoji: "🌴".into(),
        status: "휴가 away".into(),
        until: Some(TIME),
        time_zone: "Asia/Seoul".into(),
        ..Profile::blank(UserId(4))
    }
}

pub(super) fn events() -> Vec<(Topic, DetailsEvent)> {
    let topic = Topic::Details(ROOM);
    let described = DetailsEvent::Described { description: "12시 1층 Noon".into(), by: user() };
    let member = RoomMember { user: user(), since: Some(TIME), role: RoomRole::Member };
    vec![
        (topic, described),
        (topic, DetailsEvent::Joined { member, after: Seq(41) }),
        (topic, DetailsEvent::Left { user: UserId(4) }),
        (topic, DetailsEvent::RoleChanged { user: UserId(4), role: RoomRole::Manager }),
        (topic, DetailsEvent::ProfileChanged(profile())),
        (topic, DetailsEvent::ProfileChanged(Profile::blank(UserId(4)))),
        (topic, DetailsEvent::Deleted),
    ]
}

pub(super) fn event_name(event: &DetailsEvent) -> &'static str {
    match event {
        DetailsEvent::Described { .. } => "details.described",
        DetailsEvent::Joined { .. } => "details.joined",
        DetailsEvent::Left { .. } => "details.left",
        DetailsEvent::RoleChanged { .. } => "details.role_changed",
        DetailsEvent::ProfileChanged(profile) if profile.name.is_empty() => {
            "details.profile_changed to a blank one"
        }
        DetailsEvent::ProfileChanged(_) => "details.profile_changed",
        DetailsEvent::Deleted => "details.deleted",
    }
}

pub(super) fn snapshot() -> (Topic, DetailsSnapshot) {
    let description = "12시 1층 Noon".into();
    let snapshot = DetailsSnapshot { description, members: 12, profiles: vec![profile()] };
    (Topic::Details(ROOM), snapshot)
}
