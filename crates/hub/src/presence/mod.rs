//! Presence: the users who are in a room now, and those who are typing. Topic [`Topic::Presence`].
//!
//! A user is present while at least one of the user's connections follows the room. An entry that its
//! connection does not renew expires, so that a lost connection does not stay in the room. The users of other nodes are in
//! `remote`.

mod remote;
mod room;

use std::collections::{BTreeSet, HashMap};

use madang_shared::presence::{
    PRESENCE_EXPIRY_MS, PRESENCE_WINDOW_MS, TYPING_EXPIRY_MS, TYPING_MAX_PRESENT,
};
use madang_shared::presence::{PresenceEvent, PresenceSignal, PresenceSnapshot};
use madang_shared::{
    ConnectionId, Epoch, Position, RoomId, Snapshot, Timestamp, Topic, User, UserId,
};

use self::remote::{ALIVE_MS, RemotePresence, WHOLE_MS, messages_of_room, messages_of_rooms};
use self::room::Room;
use crate::ephemeral::{EphemeralEvent, EphemeralTopic};
use crate::nodes::NodeId;
use crate::nodes::message::NodeContent;
use crate::nodes::presence_message::PresenceMessage;
use crate::policy::rights::{Need, RoomRight};

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
    remote: RemotePresence,
    /// The messages for the other nodes. Without other nodes, nobody takes them, and none is added.
    outgoing: Vec<NodeContent>,
    has_other_nodes: bool,
    /// The number of the last message.
    number: u64,
    listed_at: Timestamp,
    whole_sent_at: Timestamp,
    ticked_at: Timestamp,
}

#[derive(Debug)]
struct Entry {
    user: User,
    expires: Timestamp,
    rooms: BTreeSet<RoomId>,
}

/// The need of a signal: other members see it.
pub fn signal_needs(PresenceSignal::Typing { room, .. }: &PresenceSignal) -> Need {
    Need::Room(*room, RoomRight::Write)
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
            remote: RemotePresence::default(),
            outgoing: Vec::new(),
            has_other_nodes: false,
            number: 0,
            listed_at: Timestamp(0),
            whole_sent_at: Timestamp(0),
            ticked_at: Timestamp(0),
        }
    }

    fn join_nodes(&mut self) {
        self.has_other_nodes = true;
    }

    fn take_messages(&mut self) -> Vec<NodeContent> {
        std::mem::take(&mut self.outgoing)
    }

    fn on_message(&mut self, from: NodeId, content: NodeContent) -> Vec<EphemeralEvent> {
        let now = self.ticked_at;
        let changes = match content {
            // The new node knows nobody.
            NodeContent::Started => {
                self.whole_sent_at = Timestamp(0);
                return Vec::new();
            }
            NodeContent::Presence(PresenceMessage::Changed {
                number,
                room,
                whole,
                joined,
                left,
            }) => self.remote.change(from, (number, room), whole, (joined, left), now),
            NodeContent::Presence(PresenceMessage::Rooms { number, first, last, rooms }) => {
                self.remote.keep_rooms(from, number, (first, last), &rooms, now)
            }
            NodeContent::Presence(PresenceMessage::Typing { room, user, typing }) => {
                return self.set_typing(room, user, typing, now).into_iter().collect();
            }
            _ => return Vec::new(),
        };
        self.note_changes(changes);
        Vec::new()
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
        self.ticked_at = now;
        if self.swept_at.has_passed(SWEEP_MS, now) {
            self.swept_at = now;
            self.sweep(now);
        }
        if !self.published_at.has_passed(PRESENCE_WINDOW_MS, now) {
            return Vec::new();
        }
        self.published_at = now;
        let expired = self.remote.expire(now);
        self.note_changes(expired);
        let mut events = Vec::new();
        for room in std::mem::take(&mut self.pending_rooms) {
            let Some(state) = self.rooms.get_mut(&room) else {
                continue;
            };
            if self.has_other_nodes
                && let Some((joined, left)) = state.announce()
            {
                let messages = messages_of_room(room, false, &joined, left, &mut self.number);
                self.outgoing.extend(messages.into_iter().map(NodeContent::Presence));
            }
            events.extend(state.flush(room, now, &self.remote));
            if !state.typing.is_empty() {
                self.pending_rooms.insert(room);
            }
        }
        if self.has_other_nodes {
            self.renew(now);
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
        let event = self.set_typing(room, user.clone(), typing, now)?;
        if self.has_other_nodes {
            let message = PresenceMessage::Typing { room, user, typing };
            self.outgoing.push(NodeContent::Presence(message));
        }
        Some(event)
    }

    fn set_typing(
        &mut self,
        room: RoomId,
        user: User,
        typing: bool,
        now: Timestamp,
    ) -> Option<EphemeralEvent> {
        let state = self.rooms.get_mut(&room)?;
        if state.present.len().max(state.published.len()) > TYPING_MAX_PRESENT {
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

    /// Notes users who may have joined or left through other nodes.
    fn note_changes(&mut self, changes: Vec<(RoomId, User)>) {
        for (room, user) in changes {
            self.room(room).changed.insert(user.id, user);
            self.pending_rooms.insert(room);
        }
    }

    /// Sends the list of this node's rooms, and its whole state, when it is time.
    fn renew(&mut self, now: Timestamp) {
        if self.whole_sent_at.has_passed(WHOLE_MS, now) {
            self.whole_sent_at = now;
            for (room, state) in self.rooms.iter().filter(|(_, state)| !state.announced.is_empty())
            {
                let users: Vec<User> = state.announced.values().cloned().collect();
                let messages = messages_of_room(*room, true, &users, Vec::new(), &mut self.number);
                self.outgoing.extend(messages.into_iter().map(NodeContent::Presence));
            }
            self.listed_at = Timestamp(0);
        }
        if self.listed_at.has_passed(ALIVE_MS, now) {
            self.listed_at = now;
            let own = self.rooms.iter().filter(|(_, state)| !state.announced.is_empty());
            let rooms: BTreeSet<RoomId> = own.map(|(room, _)| *room).collect();
            let messages = messages_of_rooms(&rooms, &mut self.number);
            self.outgoing.extend(messages.into_iter().map(NodeContent::Presence));
        }
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
        self.rooms.entry(room).or_insert_with(|| Room::new(epoch))
    }
}
