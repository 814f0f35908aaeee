//! When the client sends the read mark of a room: at once, and then at intervals.

use madang_shared::{RoomId, Timestamp};

use crate::vec_map::VecMap;

/// The shortest time between two read marks of one room, in milliseconds. Each one is a commit of the
/// store.
const INTERVAL_MS: u64 = 2_000;

/// The read marks that moved and are not sent yet.
#[derive(Debug, Default)]
pub(crate) struct ReadMarkSchedule {
    /// The time at which the read mark of a room may be sent.
    due_at: VecMap<RoomId, Timestamp>,
    last_sent: VecMap<RoomId, Timestamp>,
}

impl ReadMarkSchedule {
    /// The read mark of the room moved.
    pub(crate) fn schedule(&mut self, room: RoomId) {
        let last_sent = self.last_sent.get(&room).copied().unwrap_or_default();
        self.due_at.insert(room, last_sent.plus(INTERVAL_MS));
    }

    /// The read mark of the room is not sent. Returns whether it moved since it was sent last.
    pub(crate) fn forget(&mut self, room: RoomId) -> bool {
        self.due_at.remove(&room).is_some()
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.due_at.values().copied().min()
    }

    /// The rooms whose read marks to send now; they count as sent.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Vec<RoomId> {
        let due: Vec<RoomId> =
            self.due_at.iter().filter(|(_, at)| **at <= now).map(|(room, _)| *room).collect();
        for room in &due {
            self.due_at.remove(room);
            self.last_sent.insert(*room, now);
        }
        due
    }
}
