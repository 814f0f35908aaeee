//! Presence: the users who are in a room now, and those who are typing. Topic [`Topic::Presence`].
//!
//! A user is present while at least one of the user's connections follows the room. An entry that its
//! connection does not renew expires, so that a lost connection does not stay in the room.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use madang_shared::presence::{
    MAX_REMEMBERED_DEPARTURES, PRESENCE_EXPIRY_MS, PRESENCE_WINDOW_MS, TYPING_EXPIRY_MS,
    TYPING_MAX_PRESENT,
};
use madang_shared::presence::{PresenceEvent, PresenceSignal, PresenceSnapshot};
use madang_shared::{
    ConnectionId, Epoch, Position, RoomId, Seq, Snapshot, Timestamp, Topic, User, UserId,
};

use crate::ephemeral::{EphemeralEvent, EphemeralTopic};

/// The interval between two searches for expired entries, in milliseconds.
const SWEEP_MS: u64 = 5_000;

/// The present users of all rooms.
#[derive(Debug)]
pub struct Presence {
    rooms: HashMap<RoomId, Room>,
    connections: HashMap<ConnectionId, Entry>,
    /// Rooms with changes to publish, or entries to expire, at the next tick.
    pending_rooms: BTreeSet<RoomId>,
    epoch: Epoch,
    published_at: Timestamp,
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
    /// The users who are present according to the published events: the state at `position`.
    published: BTreeMap<UserId, User>,
    /// Users who may have joined or left since then.
    changed: BTreeMap<UserId, User>,
    /// The typing users, with the time at which typing expires.
    typing: BTreeMap<UserId, Timestamp>,
    /// The times at which former users left; at most [`MAX_REMEMBERED_DEPARTURES`].
    departures: BTreeMap<UserId, Timestamp>,
}

impl EphemeralTopic for Presence {
    fn new(epoch: Epoch) -> Self {
        Self {
            rooms: HashMap::new(),
            connections: HashMap::new(),
            pending_rooms: BTreeSet::new(),
            epoch,
            published_at: Timestamp(0),
            swept_at: Timestamp(0),
        }
    }

    fn snapshot(&mut self, topic: Topic) -> Option<(Position, Snapshot)> {
        let Topic::Presence(room) = topic else { return None };
        let state = self.room(room);
        let snapshot = PresenceSnapshot {
            present: state.published.values().cloned().collect(),
            typing: state.typing.keys().copied().collect(),
        };
        Some((state.position, snapshot.into()))
    }

    /// Publishes the users who joined or left in the last [`PRESENCE_WINDOW_MS`], and expires entries.
    fn tick(&mut self, now: Timestamp) -> Vec<EphemeralEvent> {
        if self.swept_at.has_passed(SWEEP_MS, now) {
            self.swept_at = now;
            self.sweep(now);
        }
        if !self.published_at.has_passed(PRESENCE_WINDOW_MS, now) {
            return Vec::new();
        }
        self.published_at = now;
        let mut events = Vec::new();
        for room in std::mem::take(&mut self.pending_rooms) {
            let Some(state) = self.rooms.get_mut(&room) else {
                continue;
            };
            events.extend(state.flush(room, now));
            if !state.typing.is_empty() {
                self.pending_rooms.insert(room);
            }
        }
        events
    }

    /// The subscribers of a room are present in it.
    fn observes(topic: Topic) -> bool {
        matches!(topic, Topic::Room(_))
    }

    fn subscriber_active(
        &mut self,
        topic: Topic,
        user: &User,
        connection: ConnectionId,
        now: Timestamp,
    ) {
        if let Topic::Room(room) = topic {
            self.enter(room, user, connection, now);
        }
    }

    fn subscriber_left(&mut self, topic: Topic, connection: ConnectionId) {
        if let Topic::Room(room) = topic {
            self.leave(room, connection);
        }
    }
}

impl Presence {
    /// The connection is in the room until it expires. A new user is published at the next tick; a
    /// repeated call renews the entry.
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

    /// The connection is not in the room any more. Published at the next tick.
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

    /// The time at which the user's last connection left the room, according to the published events.
    /// `None` while the user is present, and if no departure is remembered.
    pub fn away_since(&self, room: RoomId, user: UserId) -> Option<Timestamp> {
        self.rooms.get(&room)?.departures.get(&user).copied()
    }

    /// Handles a signal of a client.
    pub(crate) fn on_signal(
        &mut self,
        signal: &PresenceSignal,
        connection: ConnectionId,
        now: Timestamp,
    ) -> Option<EphemeralEvent> {
        let PresenceSignal::Typing { room, typing } = *signal;
        self.typing(room, connection, typing, now)
    }

    /// A user started, continues, or stopped typing. Published at once, unless the room has too many
    /// users or the connection is not in it.
    pub fn typing(
        &mut self,
        room: RoomId,
        connection: ConnectionId,
        typing: bool,
        now: Timestamp,
    ) -> Option<EphemeralEvent> {
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
        Some(state.next_event(room, PresenceEvent::Typing { user, typing }))
    }

    fn sweep(&mut self, now: Timestamp) {
        // A clock that was ahead has set times that would come far too late.
        for entry in self.connections.values_mut() {
            entry.expires = entry.expires.min(now.plus(PRESENCE_EXPIRY_MS));
        }
        let expired = self.connections.iter().filter(|(_, entry)| entry.expires <= now);
        let expired: Vec<(ConnectionId, BTreeSet<RoomId>)> =
            expired.map(|(connection, entry)| (*connection, entry.rooms.clone())).collect();
        for (connection, rooms) in expired {
            for room in rooms {
                self.leave(room, connection);
            }
        }
    }

    /// An empty room keeps its entry, because its positions continue when a user comes back.
    fn room(&mut self, room: RoomId) -> &mut Room {
        let epoch = self.epoch;
        self.rooms.entry(room).or_insert_with(|| Room {
            position: Position::new(epoch, Seq(0)),
            present: BTreeMap::new(),
            published: BTreeMap::new(),
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

    /// The events since the last flush: the difference between the present and the published users, and
    /// expired typing. A user who joined and left within the window causes no event.
    fn flush(&mut self, room: RoomId, now: Timestamp) -> Vec<EphemeralEvent> {
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        for (id, user) in std::mem::take(&mut self.changed) {
            match (self.present.contains_key(&id), self.published.contains_key(&id)) {
                (true, false) => {
                    self.published.insert(id, user.clone());
                    self.departures.remove(&id);
                    joined.push(user);
                }
                (false, true) => {
                    self.published.remove(&id);
                    self.record_departure(id, now);
                    left.push(id);
                }
                (true, true) | (false, false) => {}
            }
        }
        let mut events = Vec::new();
        if !joined.is_empty() || !left.is_empty() {
            events.push(self.next_event(room, PresenceEvent::Changed { joined, left }));
        }
        let expired = self.typing.iter().filter(|(_, until)| until.is_due(TYPING_EXPIRY_MS, now));
        let expired: Vec<UserId> = expired.map(|(id, _)| *id).collect();
        for id in expired {
            self.typing.remove(&id);
            if let Some(user) = self.published.get(&id).cloned() {
                events.push(self.next_event(room, PresenceEvent::Typing { user, typing: false }));
            }
        }
        events
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

    fn next_event(&mut self, room: RoomId, event: PresenceEvent) -> EphemeralEvent {
        self.position.seq = self.position.seq.next();
        let event = event.into();
        EphemeralEvent { topic: Topic::Presence(room), seq: self.position.seq, event }
    }
}
