//! The directory of rooms.

use madang_hub::policy;
use madang_hub::ports::TopicEvent;
use madang_hub::rooms::RoomsChange;
use madang_hub::rooms::{FIRST_ROOM, FIRST_ROOM_NAME};
use madang_shared::frames::LogPosition;
use madang_shared::rooms::{CreatedRoom, MAX_ROOMS, Room, RoomsEvent, RoomsSnapshot};
use madang_shared::{Failure, RoomId, Timestamp, Topic};

use super::membership;
use super::state::State;
use crate::context::CommandContext;
use crate::refusals;

/// Creates the first room.
pub(super) fn create_first_room(state: &mut State, now: Timestamp) {
    let name = FIRST_ROOM_NAME.to_owned();
    let name_key = policy::name_key(&name);
    let room = CreatedRoom { id: FIRST_ROOM, name, made_by: None, made_at: now };
    // The engine is new, so there are no subscribers to notify.
    create(state, room, name_key, &mut Vec::new());
}

pub(super) fn apply(
    state: &mut State,
    context: &CommandContext,
    change: RoomsChange,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Failure> {
    let RoomsChange::Create { name, name_key } = change;
    if state.room_keys.contains_key(&name_key) {
        return Err(refusals::room_name_taken(&name));
    }
    if state.room_skeletons.has_look_alike(&name, None) {
        return Err(refusals::room_name_looks_taken(&name));
    }
    let author = context.author.clone();
    state.require_user(author.id)?;
    if state.rooms.len() as u64 >= MAX_ROOMS {
        return Err(refusals::too_many_rooms());
    }
    membership::require_may_join(state, author.id)?;
    let id = RoomId(state.rooms.last_key_value().map_or(1, |(last, _)| last.0 + 1));
    let room = CreatedRoom { id, name, made_by: Some(author), made_at: context.at };
    let position = create(state, room, name_key, appended);
    membership::join(state, context.author.id, id, appended);
    Ok(Some(position))
}

pub(super) fn snapshot(state: &State) -> RoomsSnapshot {
    RoomsSnapshot { rooms: state.rooms.values().cloned().map(Room::from).collect() }
}

fn create(
    state: &mut State,
    room: CreatedRoom,
    name_key: String,
    appended: &mut Vec<TopicEvent>,
) -> LogPosition {
    state.log.create_topic(Topic::Room(room.id));
    state.room_keys.insert(name_key, room.id);
    state.room_skeletons.add(&room.name, room.id);
    state.rooms.insert(room.id, room.clone());
    state.log.append(Topic::Rooms, &RoomsEvent::Created(room).into(), appended)
}
