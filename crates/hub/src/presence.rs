//! Who is in a room now, and who is typing. Topic [`Topic::Presence`].
//!
//! Pure state: time comes in as an argument, and what is to be told comes out. A user is present
//! while at least one connection of the user is; an entry that its connection does not renew
//! expires, so that a connection whose end nobody saw does not haunt the room.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use madang_shared::presence::{
    MAX_REMEMBERED_DEPARTURES, PRESENCE_EXPIRY_MS, PRESENCE_WINDOW_MS, TYPING_EXPIRY_MS,
    TYPING_MAX_PRESENT,
};
use madang_shared::presence::{PresenceEvent, PresenceSnapshot};
use madang_shared::{ConnectionId, Epoch, Position, RoomId, Seq, Timestamp, Topic, User, UserId};

/// How often expired entries are looked for, in milliseconds.
const SWEEP_MS: u64 = 5_000;

/// Who is in which room.
#[derive(Debug)]
pub struct Presence {
    rooms: HashMap<RoomId, Room>,
    connections: HashMap<ConnectionId, Entry>,
    /// Rooms that have something to tell or to expire at the next tick.
    pending_rooms: BTreeSet<RoomId>,
    epoch: Epoch,
    announced_at: Timestamp,
    swept_at: Timestamp,
}

#[derive(Debug)]
struct Entry {
    user: User,
    expires: Timestamp,
    rooms: BTreeSet<RoomId>,
}

#[derive(Debug)]
struct Room {
    position: Position,
    present: BTreeMap<UserId, BTreeSet<ConnectionId>>,
    /// Who is present as far as it has been told: the state at `position`.
    announced: BTreeMap<UserId, User>,
    /// Users whose coming or going may have to be told.
    changed: BTreeMap<UserId, User>,
    typing: BTreeMap<UserId, Timestamp>,
    /// When those who were here last went; at most [`MAX_REMEMBERED_DEPARTURES`].
    departures: BTreeMap<UserId, Timestamp>,
}

/// An event of [`Topic::Presence`] at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceUpdate {
    /// Which topic.
    pub topic: Topic,
    /// Its place.
    pub seq: Seq,
    /// What happened.
    pub event: PresenceEvent,
}

impl Presence {
    /// Nobody is anywhere. `epoch` must differ from that of every earlier life of this server.
    pub fn new(epoch: Epoch) -> Self {
        Self {
            rooms: HashMap::new(),
            connections: HashMap::new(),
            pending_rooms: BTreeSet::new(),
            epoch,
            announced_at: Timestamp(0),
            swept_at: Timestamp(0),
        }
    }

    /// The connection is in the room, as of now. An entering is told at the next tick; said again, it
    /// renews.
    pub fn enter(&mut self, room: RoomId, user: &User, connection: ConnectionId, now: Timestamp) {
        let entry = self.connections.entry(connection).or_insert_with(|| Entry {
            user: user.clone(),
            expires: now,
            rooms: BTreeSet::new(),
        });
        entry.expires = now.plus(PRESENCE_EXPIRY_MS);
        if !entry.rooms.insert(room) {
            return;
        }
        let state = self.room(room);
        state.present.entry(user.id).or_default().insert(connection);
        state.changed.insert(user.id, user.clone());
        self.pending_rooms.insert(room);
    }

    /// The connection left the room. Told at the next tick.
    pub fn leave(&mut self, room: RoomId, connection: ConnectionId) {
        let Some(entry) = self.connections.get_mut(&connection) else {
            return;
        };
        if !entry.rooms.remove(&room) {
            return;
        }
        let user = entry.user.clone();
        if entry.rooms.is_empty() {
            self.connections.remove(&connection);
        }
        if let Some(state) = self.rooms.get_mut(&room) {
            state.remove(user, connection);
            self.pending_rooms.insert(room);
        }
    }

    /// The state of a room, and the position at which it is true.
    pub fn snapshot(&mut self, room: RoomId) -> (Position, PresenceSnapshot) {
        let state = self.room(room);
        let snapshot = PresenceSnapshot {
            present: state.announced.values().cloned().collect(),
            typing: state.typing.keys().copied().collect(),
        };
        (state.position, snapshot)
    }

    /// When the user's last connection left the room, as it was told; none while one is there, and for
    /// whoever has not been there, or so long ago that many went since.
    pub fn away_since(&self, room: RoomId, user: UserId) -> Option<Timestamp> {
        self.rooms.get(&room)?.departures.get(&user).copied()
    }

    /// A user started, goes on, or stopped typing. Told at once, unless the room is too full or the
    /// connection is not in it.
    pub fn typing(
        &mut self,
        room: RoomId,
        connection: ConnectionId,
        typing: bool,
        now: Timestamp,
    ) -> Option<PresenceUpdate> {
        let user = self
            .connections
            .get(&connection)
            .filter(|entry| entry.rooms.contains(&room))?
            .user
            .clone();
        let state = self.rooms.get_mut(&room)?;
        if state.present.len() > TYPING_MAX_PRESENT {
            return None;
        }
        if typing {
            state.typing.insert(user.id, now.plus(TYPING_EXPIRY_MS));
            self.pending_rooms.insert(room);
        } else {
            state.typing.remove(&user.id)?;
        }
        Some(state.publish(room, PresenceEvent::Typing { user, typing }))
    }

    /// Tells comings and goings of the last [`PRESENCE_WINDOW_MS`], and lets expire what was not
    /// renewed. To be called at least that often.
    pub fn tick(&mut self, now: Timestamp) -> Vec<PresenceUpdate> {
        if now.since(self.swept_at) >= SWEEP_MS {
            self.swept_at = now;
            self.sweep(now);
        }
        if now.since(self.announced_at) < PRESENCE_WINDOW_MS {
            return Vec::new();
        }
        self.announced_at = now;
        let mut announced = Vec::new();
        for room in std::mem::take(&mut self.pending_rooms) {
            let Some(state) = self.rooms.get_mut(&room) else {
                continue;
            };
            announced.extend(state.flush(room, now));
            if !state.typing.is_empty() {
                self.pending_rooms.insert(room);
            }
        }
        announced
    }

    fn sweep(&mut self, now: Timestamp) {
        let expired = self.connections.iter().filter(|(_, entry)| entry.expires <= now);
        let expired: Vec<(ConnectionId, BTreeSet<RoomId>)> =
            expired.map(|(connection, entry)| (*connection, entry.rooms.clone())).collect();
        for (connection, rooms) in expired {
            for room in rooms {
                self.leave(room, connection);
            }
        }
    }

    /// A room that empties keeps its place: positions go on from it when somebody comes back.
    fn room(&mut self, room: RoomId) -> &mut Room {
        let epoch = self.epoch;
        self.rooms.entry(room).or_insert_with(|| Room {
            position: Position::new(epoch, Seq(0)),
            present: BTreeMap::new(),
            announced: BTreeMap::new(),
            changed: BTreeMap::new(),
            typing: BTreeMap::new(),
            departures: BTreeMap::new(),
        })
    }
}

impl Room {
    fn remove(&mut self, user: User, connection: ConnectionId) {
        if let Some(connections) = self.present.get_mut(&user.id) {
            connections.remove(&connection);
            if connections.is_empty() {
                self.present.remove(&user.id);
                self.typing.remove(&user.id);
            }
        }
        self.changed.insert(user.id, user);
    }

    /// Who came and went is the difference between what is and what was told: who did both within
    /// the window is not mentioned.
    fn flush(&mut self, room: RoomId, now: Timestamp) -> Vec<PresenceUpdate> {
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        for (id, user) in std::mem::take(&mut self.changed) {
            match (self.present.contains_key(&id), self.announced.contains_key(&id)) {
                (true, false) => {
                    self.announced.insert(id, user.clone());
                    self.departures.remove(&id);
                    joined.push(user);
                }
                (false, true) => {
                    self.announced.remove(&id);
                    self.record_departure(id, now);
                    left.push(id);
                }
                (true, true) | (false, false) => {}
            }
        }
        let mut announced = Vec::new();
        if !joined.is_empty() || !left.is_empty() {
            announced.push(self.publish(room, PresenceEvent::Changed { joined, left }));
        }
        let silent: Vec<UserId> =
            self.typing.iter().filter(|(_, until)| **until <= now).map(|(id, _)| *id).collect();
        for id in silent {
            self.typing.remove(&id);
            if let Some(user) = self.announced.get(&id).cloned() {
                announced.push(self.publish(room, PresenceEvent::Typing { user, typing: false }));
            }
        }
        announced
    }

    fn record_departure(&mut self, user: UserId, now: Timestamp) {
        self.departures.insert(user, now);
        if self.departures.len() > MAX_REMEMBERED_DEPARTURES
            && let Some(first) =
                self.departures.iter().min_by_key(|(_, at)| **at).map(|(id, _)| *id)
        {
            self.departures.remove(&first);
        }
    }

    fn publish(&mut self, room: RoomId, event: PresenceEvent) -> PresenceUpdate {
        self.position.seq = self.position.seq.next();
        PresenceUpdate { topic: Topic::Presence(room), seq: self.position.seq, event }
    }
}
