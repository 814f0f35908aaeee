//! Samples of rooms.

use madang_shared::roles::{History, Posting, RoomKind, RoomRole};
use madang_shared::rooms::{Room, RoomChange, RoomsCommand};
use madang_shared::{Seq, UserId};

use super::{ROOM, user};

pub(super) fn room() -> Room {
    Room::new(ROOM, "점심 Lunch".into())
}

/// A room whose facts differ from those of a new room.
pub(super) fn changed_room() -> Room {
    Room {
        kind: RoomKind::Private,
        posting: Posting::Managers,
        history: History::Joined,
        archived: true,
        is_default: true,
        revision: Seq(42),
        ..room()
    }
}

pub(super) fn direct() -> Room {
    Room { kind: RoomKind::Direct, people: vec![user()], ..Room::new(ROOM, String::new()) }
}

pub(super) fn commands() -> Vec<RoomsCommand> {
    let (name, description) = ("점심 Lunch".to_owned(), "12시 1층 Noon".to_owned());
    let (room, kind) = (ROOM, RoomKind::Public);
    let change = |change| RoomsCommand::Change { room, change };
    vec![
        RoomsCommand::Create { name: name.clone(), description: String::new(), kind },
        RoomsCommand::Create {
            name: name.clone(),
            description: description.clone(),
            kind: RoomKind::Private,
        },
        RoomsCommand::Describe { room, description },
        RoomsCommand::OpenDirect { users: vec![UserId(3), UserId(4)] },
        change(RoomChange::Name(name)),
        change(RoomChange::Posting(Posting::Managers)),
        change(RoomChange::History(History::Joined)),
        change(RoomChange::Archived(true)),
        change(RoomChange::Default(true)),
        RoomsCommand::Invite { room, user: UserId(3), role: RoomRole::Reader },
        RoomsCommand::Remove { room, user: UserId(3), reason: "광고".into() },
        RoomsCommand::Silence { room, user: UserId(3), lasts_ms: 600_000, reason: "광고".into() },
        RoomsCommand::Delete { room },
    ]
}

pub(super) fn command_name(command: &RoomsCommand) -> &'static str {
    match command {
        RoomsCommand::Create { description, .. } if description.is_empty() => "rooms.create",
        RoomsCommand::Create { .. } => "rooms.create of a private room with a description",
        RoomsCommand::Describe { .. } => "rooms.describe",
        RoomsCommand::OpenDirect { .. } => "rooms.open_direct",
        RoomsCommand::Change { change, .. } => match change {
            RoomChange::Name(_) => "rooms.change.name",
            RoomChange::Posting(_) => "rooms.change.posting",
            RoomChange::History(_) => "rooms.change.history",
            RoomChange::Archived(_) => "rooms.change.archived",
            RoomChange::Default(_) => "rooms.change.default",
        },
        RoomsCommand::Invite { .. } => "rooms.invite",
        RoomsCommand::Remove { .. } => "rooms.remove",
        RoomsCommand::Silence { .. } => "rooms.silence",
        RoomsCommand::Delete { .. } => "rooms.delete",
    }
}
