//! When a read mark is told to the server: at once, and then now and then.

use madang_shared::{RoomId, Timestamp};

use crate::vec_map::VecMap;

/// A read mark is told to the server at most this often, in milliseconds; each one is a commit.
const INTERVAL_MS: u64 = 2_000;

/// The marks that have moved and were not told.
#[derive(Debug, Default)]
pub(crate) struct ReadMarks {
    /// Rooms whose mark waits, and when it may be told.
    waiting: VecMap<RoomId, Timestamp>,
    told_at: VecMap<RoomId, Timestamp>,
}

impl ReadMarks {
    /// The mark in this room has moved.
    pub(crate) fn schedule(&mut self, room: RoomId) {
        let told_at = self.told_at.get(&room).copied().unwrap_or_default();
        self.waiting.insert(room, told_at.plus(INTERVAL_MS));
    }

    /// The room is not followed any more.
    pub(crate) fn forget(&mut self, room: RoomId) {
        self.waiting.remove(&room);
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.waiting.values().copied().min()
    }

    /// The rooms whose marks are to be told now; they count as told.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Vec<RoomId> {
        let due: Vec<RoomId> =
            self.waiting.iter().filter(|(_, at)| **at <= now).map(|(room, _)| *room).collect();
        for room in &due {
            self.waiting.remove(room);
            self.told_at.insert(*room, now);
        }
        due
    }
}
