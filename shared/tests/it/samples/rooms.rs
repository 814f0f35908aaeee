//! Samples of the directory of rooms.

use madang_shared::Topic;
use madang_shared::rooms::{Room, RoomsCommand, RoomsEvent, RoomsSnapshot};

use super::{ROOM, TIME, user};

fn room() -> Room {
    Room { id: ROOM, name: "점심 Lunch".into(), made_by: Some(user()), made_at: TIME }
}

pub(super) fn commands() -> Vec<RoomsCommand> {
    vec![RoomsCommand::Create { name: "점심 Lunch".into() }]
}

pub(super) fn command_name(command: &RoomsCommand) -> &'static str {
    match command {
        RoomsCommand::Create { .. } => "rooms.create",
    }
}

pub(super) fn events() -> Vec<(Topic, RoomsEvent)> {
    vec![(Topic::Rooms, RoomsEvent::Created(room()))]
}

pub(super) fn event_name(event: &RoomsEvent) -> &'static str {
    match event {
        RoomsEvent::Created(_) => "rooms.created",
    }
}

pub(super) fn snapshot() -> (Topic, RoomsSnapshot) {
    let rooms = vec![room(), Room { made_by: None, ..room() }];
    (Topic::Rooms, RoomsSnapshot { rooms })
}
