//! The directory of rooms, as this client knows it.

use madang_shared::RoomId;
use madang_shared::rooms::{Room, RoomsEvent, RoomsSnapshot};

use crate::vec_map::VecMap;

/// Every room there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rooms {
    rooms: VecMap<RoomId, Room>,
    known: bool,
}

impl Rooms {
    /// By id, ascending.
    pub fn all(&self) -> impl Iterator<Item = &Room> {
        self.rooms.values()
    }

    /// One of them.
    pub fn get(&self, room: RoomId) -> Option<&Room> {
        self.rooms.get(&room)
    }

    /// Whether the directory has arrived; before that, absence means nothing.
    pub fn is_known(&self) -> bool {
        self.known
    }

    pub(crate) fn as_snapshot(&self) -> RoomsSnapshot {
        RoomsSnapshot { rooms: self.rooms.values().cloned().collect() }
    }

    pub(crate) fn snapshot(&mut self, snapshot: RoomsSnapshot) {
        self.rooms = snapshot.rooms.into_iter().map(|room| (room.id, room)).collect();
        self.known = true;
    }

    pub(crate) fn event(&mut self, event: RoomsEvent) {
        match event {
            RoomsEvent::Created(room) => {
                self.rooms.insert(room.id, room);
            }
        }
    }
}
