//! Samples of a user's memberships.

use madang_shared::membership::{
    Membership, MembershipCommand, MembershipEvent, MembershipSnapshot, Removal,
};
use madang_shared::moderation::Silence;
use madang_shared::{Seq, Topic, UserId};

use super::{ROOM, TIME, user};

const TOPIC: Topic = Topic::Memberships(UserId(3));

pub(super) fn membership() -> Membership {
    Membership::new(ROOM, Seq(40), 2, Seq(42))
}

fn marked_unread() -> Membership {
    Membership { unread_from: Seq(38), marked: Seq(9), unread: 5, ..membership() }
}

pub(super) fn commands() -> Vec<MembershipCommand> {
    vec![
        MembershipCommand::Join { room: ROOM },
        MembershipCommand::Leave { room: ROOM },
        MembershipCommand::Read { room: ROOM, up_to: Seq(42) },
        MembershipCommand::MarkUnread { room: ROOM, from: Seq(38) },
        MembershipCommand::Mute { room: ROOM, muted: true },
    ]
}

pub(super) fn command_name(command: &MembershipCommand) -> &'static str {
    match command {
        MembershipCommand::Join { .. } => "membership.join",
        MembershipCommand::Leave { .. } => "membership.leave",
        MembershipCommand::Read { .. } => "membership.read",
        MembershipCommand::MarkUnread { .. } => "membership.mark_unread",
        MembershipCommand::Mute { .. } => "membership.mute",
    }
}

pub(super) fn events() -> Vec<(Topic, MembershipEvent)> {
    vec![
        (TOPIC, MembershipEvent::Joined(membership())),
        (TOPIC, left(None, "")),
        (TOPIC, left(Some(Removal::Removed(user())), "광고")),
        (TOPIC, left(Some(Removal::Deleted(user())), "")),
        (TOPIC, MembershipEvent::Read(membership())),
        (TOPIC, MembershipEvent::Read(marked_unread())),
        (TOPIC, MembershipEvent::Muted { room: ROOM, muted: true }),
        (TOPIC, MembershipEvent::Silenced { silences: vec![silence()] }),
    ]
}

fn left(removal: Option<Removal>, reason: &str) -> MembershipEvent {
    MembershipEvent::Left { room: ROOM, removal, reason: reason.to_owned() }
}

fn silence() -> Silence {
    Silence { room: Some(ROOM), until: TIME, reason: "광고".into() }
}

pub(super) fn event_name(event: &MembershipEvent) -> &'static str {
    match event {
        MembershipEvent::Joined(_) => "membership.joined",
        MembershipEvent::Left { removal, .. } => match removal {
            None => "membership.left",
            Some(Removal::Removed(_)) => "membership.left after a removal",
            Some(Removal::Deleted(_)) => "membership.left after the room was deleted",
        },
        MembershipEvent::Read(Membership { unread_from: Seq(0), .. }) => "membership.read",
        MembershipEvent::Read(_) => "membership.read, marked as unread",
        MembershipEvent::Muted { .. } => "membership.muted",
        MembershipEvent::Silenced { .. } => "membership.silenced",
    }
}

pub(super) fn snapshot() -> (Topic, MembershipSnapshot) {
    let rooms = vec![super::rooms::room()];
    let silences = vec![silence(), Silence { room: None, ..silence() }];
    let snapshot =
        MembershipSnapshot { memberships: vec![membership()], rooms, muted: vec![ROOM], silences };
    (TOPIC, snapshot)
}
