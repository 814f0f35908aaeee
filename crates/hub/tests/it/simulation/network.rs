//! Sockets: each direction keeps its order and delays its frames; either end can close at any time.

use std::collections::BTreeMap;

use super::random::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SocketId(pub(super) u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    ToServer,
    ToClient,
}

#[derive(Debug)]
pub(super) struct Socket {
    pub(super) peer: usize,
    /// The arrival time of the last frame of each direction; the next frame cannot overtake it.
    last: [u64; 2],
}

#[derive(Default)]
pub(super) struct Network {
    sockets: BTreeMap<SocketId, Socket>,
    next: u64,
    /// The percentage of frames that get lost, and of frames that arrive twice.
    pub(super) lossy: u64,
}

impl Network {
    pub(super) fn open(&mut self, peer: usize, now: u64) -> SocketId {
        let id = SocketId(self.next);
        self.next += 1;
        self.sockets.insert(id, Socket { peer, last: [now; 2] });
        id
    }

    pub(super) fn close(&mut self, id: SocketId) -> Option<Socket> {
        self.sockets.remove(&id)
    }

    pub(super) fn peer(&self, id: SocketId) -> Option<usize> {
        self.sockets.get(&id).map(|socket| socket.peer)
    }

    pub(super) fn ids(&self) -> Vec<SocketId> {
        self.sockets.keys().copied().collect()
    }

    /// The arrival times of a frame that is sent now: none, one, or two.
    pub(super) fn arrivals(
        &mut self,
        id: SocketId,
        direction: Direction,
        now: u64,
        random: &mut Random,
    ) -> Vec<u64> {
        let Some(socket) = self.sockets.get_mut(&id) else { return Vec::new() };
        if random.percent(self.lossy) {
            return Vec::new();
        }
        let copies = if random.percent(self.lossy) { 2 } else { 1 };
        let slow = if random.percent(2) { 2_000 } else { 40 };
        let last = &mut socket.last[direction as usize];
        (0..copies)
            .map(|_| {
                *last = (now + random.below(slow)).max(*last + 1);
                *last
            })
            .collect()
    }
}
