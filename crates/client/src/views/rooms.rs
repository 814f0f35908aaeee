//! The directory of rooms.

use madang_shared::rooms::{Room, RoomsCommand, RoomsEvent, RoomsSnapshot};
use madang_shared::{RoomId, Timestamp};

use crate::vec_map::VecMap;
use crate::view::{ApplyEvent, ApplySnapshot, CommandRules, View};

/// All rooms of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rooms {
    rooms: VecMap<RoomId, Room>,
    known: bool,
}

impl Rooms {
    /// The rooms by id, ascending.
    pub fn all(&self) -> impl Iterator<Item = &Room> {
        self.rooms.values()
    }

    /// One room.
    pub fn get(&self, room: RoomId) -> Option<&Room> {
        self.rooms.get(&room)
    }

    /// Whether the directory has arrived. Until then an empty directory means nothing.
    pub fn is_known(&self) -> bool {
        self.known
    }

    pub(crate) fn as_snapshot(&self) -> RoomsSnapshot {
        RoomsSnapshot { rooms: self.rooms.values().cloned().collect() }
    }
}

impl View for Rooms {}

impl ApplySnapshot<RoomsSnapshot> for Rooms {
    fn apply_snapshot(&mut self, snapshot: RoomsSnapshot, _now: Timestamp) {
        self.rooms = snapshot.rooms.into_iter().map(|room| (room.id, room)).collect();
        self.known = true;
    }
}

impl ApplyEvent<RoomsEvent> for Rooms {
    fn apply_event(&mut self, event: RoomsEvent, _now: Timestamp) {
        match event {
            RoomsEvent::Created(room) => {
                self.rooms.insert(room.id, room.into());
            }
        }
    }
}

impl CommandRules for Rooms {
    type Command = RoomsCommand;
}
