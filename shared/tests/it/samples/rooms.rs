//! Samples of the directory of rooms.

use madang_shared::rooms::{CreatedRoom, MAX_ROOMS, Room, RoomsCommand, RoomsEvent, RoomsSnapshot};

use madang_shared::{Epoch, Position, RoomId, Seq, ServerFrame, Topic, TopicState, codec};

use super::{ROOM, TIME, user};

fn created() -> CreatedRoom {
    CreatedRoom { id: ROOM, name: "점심 Lunch".into(), made_by: Some(user()), made_at: TIME }
}

pub(super) fn commands() -> Vec<RoomsCommand> {
    let (name, description) = ("점심 Lunch".to_owned(), "12시 1층 Noon".to_owned());
    vec![
        RoomsCommand::Create { name: name.clone(), description: String::new() },
        RoomsCommand::Create { name, description: description.clone() },
        RoomsCommand::Describe { room: ROOM, description },
    ]
}

pub(super) fn command_name(command: &RoomsCommand) -> &'static str {
    match command {
        RoomsCommand::Create { description, .. } if description.is_empty() => "rooms.create",
        RoomsCommand::Create { .. } => "rooms.create with a description",
        RoomsCommand::Describe { .. } => "rooms.describe",
    }
}

pub(super) fn events() -> Vec<(Topic, RoomsEvent)> {
    vec![(Topic::Rooms, RoomsEvent::Created(created()))]
}

pub(super) fn event_name(event: &RoomsEvent) -> &'static str {
    match event {
        RoomsEvent::Created(_) => "rooms.created",
    }
}

pub(super) fn snapshot() -> (Topic, RoomsSnapshot) {
    (Topic::Rooms, RoomsSnapshot { rooms: vec![created().into()] })
}

#[test]
fn a_full_directory_is_small() {
    let room = |id| Room { id: RoomId(id), name: format!("room number {id}") };
    let rooms = (1..=MAX_ROOMS).map(room).collect();
    let state = TopicState {
        topic: Topic::Rooms,
        position: Position { epoch: Epoch(u64::MAX), seq: Seq(MAX_ROOMS) },
        snapshot: RoomsSnapshot { rooms }.into(),
    };
    let bytes = codec::encode_server(&ServerFrame::Snapshot(state)).len();
    assert!(bytes < 80 * 1024, "{bytes}");
}
