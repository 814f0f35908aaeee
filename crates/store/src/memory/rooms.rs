//! The directory of rooms.

use madang_hub::policy;
use madang_hub::ports::{DirectoryRequest, TopicEvent};
use madang_hub::rooms::RoomsChange;
use madang_hub::rooms::{FIRST_ROOM, FIRST_ROOM_NAME};
use madang_shared::details::DetailsEvent;
use madang_shared::frames::LogPosition;
use madang_shared::rooms::{
    CreatedRoom, DirectoryPage, ListedRoom, MAX_ROOMS, PAGE_ROOMS, Room, RoomsEvent, RoomsSnapshot,
};
use madang_shared::{Failure, RoomId, Seq, Timestamp, Topic};

use super::state::State;
use super::{details, membership};
use crate::context::CommandContext;
use crate::refusals;

/// Creates the first room.
pub(super) fn create_first_room(state: &mut State, now: Timestamp) {
    let name = FIRST_ROOM_NAME.to_owned();
    let name_key = policy::name_key(&name);
    let room = CreatedRoom { id: FIRST_ROOM, name, made_by: None, made_at: now };
    // The engine is new, so there are no subscribers to notify.
    create(state, room, name_key, String::new(), &mut Vec::new());
}

pub(super) fn apply(
    state: &mut State,
    context: &CommandContext,
    change: RoomsChange,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Failure> {
    let (name, name_key, description) = match change {
        RoomsChange::Create { name, name_key, description } => (name, name_key, description),
        RoomsChange::Describe { room, description } => {
            return describe(state, context, room, description, appended);
        }
    };
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
    let position = create(state, room, name_key, description, appended);
    membership::join(state, context.author.id, id, context.at, appended);
    Ok(Some(position))
}

fn describe(
    state: &mut State,
    context: &CommandContext,
    room: RoomId,
    description: String,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Failure> {
    membership::require_member(state, context.author.id, room)?;
    if details::description(state, room) == description {
        return Ok(None);
    }
    state.descriptions.insert(room, description.clone());
    let described = DetailsEvent::Described { description, by: context.author.clone() };
    Ok(Some(details::append(state, room, described, appended)))
}

/// A page of the directory.
pub(super) fn directory(
    state: &State,
    DirectoryRequest { search_key, after }: &DirectoryRequest,
) -> Result<DirectoryPage, Failure> {
    let after = match after {
        Some(room) => {
            let room = state.rooms.get(room).ok_or_else(refusals::no_room)?;
            policy::name_key(&room.name)
        }
        None => String::new(),
    };
    let rooms = state.room_keys.iter().filter(|(key, _)| **key > after);
    let mut rooms: Vec<ListedRoom> = rooms
        .filter_map(|(key, id)| {
            let description = details::description(state, *id);
            let found =
                key.contains(search_key) || policy::name_key(&description).contains(search_key);
            let room = Room::from(state.rooms.get(id).filter(|_| found)?.clone());
            let members = details::count(state, *id);
            let mut messages = state.messages.range((*id, Seq(0))..=(*id, Seq(u64::MAX)));
            let last_message_at = messages.next_back().map(|(_, message)| message.at);
            Some(ListedRoom { room, description, members, last_message_at })
        })
        .take(PAGE_ROOMS + 1)
        .collect();
    let more = rooms.len() > PAGE_ROOMS;
    rooms.truncate(PAGE_ROOMS);
    Ok(DirectoryPage { rooms, more })
}

pub(super) fn snapshot(state: &State) -> RoomsSnapshot {
    RoomsSnapshot { rooms: state.rooms.values().cloned().map(Room::from).collect() }
}

fn create(
    state: &mut State,
    room: CreatedRoom,
    name_key: String,
    description: String,
    appended: &mut Vec<TopicEvent>,
) -> LogPosition {
    state.log.create_topic(Topic::Room(room.id));
    state.log.create_topic(Topic::Details(room.id));
    state.descriptions.insert(room.id, description);
    state.room_keys.insert(name_key, room.id);
    state.room_skeletons.add(&room.name, room.id);
    state.rooms.insert(room.id, room.clone());
    state.log.append(Topic::Rooms, &RoomsEvent::Created(room).into(), appended)
}
