//! Samples of the directory of rooms.

use madang_shared::rooms::{CreatedRoom, MAX_ROOMS, Room, RoomsCommand, RoomsEvent, RoomsSnapshot};

use madang_shared::{Epoch, Position, RoomId, Seq, ServerFrame, Topic, TopicState, codec};

use super::{ROOM, TIME, user};

fn created() -> CreatedRoom {
    CreatedRoom { id: ROOM, name: "점심 Lunch".into(), made_by: Some(user()), made_at: TIME }
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
