//! The presence of one room.

use std::collections::{BTreeMap, BTreeSet};

use madang_shared::presence::{MAX_REMEMBERED_DEPARTURES, PresenceEvent, TYPING_EXPIRY_MS};
use madang_shared::{ConnectionId, Epoch, Position, RoomId, Seq, Timestamp, Topic, User, UserId};

use super::remote::RemotePresence;
use crate::ephemeral::EphemeralEvent;

/// The present users of one room.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) position: Position,
    pub(super) present: BTreeMap<UserId, BTreeSet<ConnectionId>>,
    /// The users who are present according to the published events: the state at `position`.
    pub(super) published: BTreeMap<UserId, User>,
    /// The users of this node who are present according to its messages to the others.
    pub(super) announced: BTreeMap<UserId, User>,
    /// Users who may have joined or left since then.
    pub(super) changed: BTreeMap<UserId, User>,
    /// The typing users, with the time at which typing expires.
    pub(super) typing: BTreeMap<UserId, Timestamp>,
    /// The times at which former users left; at most [`MAX_REMEMBERED_DEPARTURES`].
    pub(super) departures: BTreeMap<UserId, Timestamp>,
}

impl Room {
    pub(super) fn new(epoch: Epoch) -> Self {
        Self {
            position: Position::new(epoch, Seq(0)),
            present: BTreeMap::new(),
            published: BTreeMap::new(),
            announced: BTreeMap::new(),
            changed: BTreeMap::new(),
            typing: BTreeMap::new(),
            departures: BTreeMap::new(),
        }
    }

    pub(super) fn remove(&mut self, user: User, connection: ConnectionId) {
        if let Some(connections) = self.present.get_mut(&user.id) {
            connections.remove(&connection);
            if connections.is_empty() {
                self.present.remove(&user.id);
                self.typing.remove(&user.id);
            }
        }
        self.changed.insert(user.id, user);
    }

    /// The users of this node who joined or left since the last message to the other nodes; `None` if there are none.
    pub(super) fn announce(&mut self) -> Option<(Vec<User>, Vec<UserId>)> {
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        for (id, user) in &self.changed {
            match (self.present.contains_key(id), self.announced.contains_key(id)) {
                (true, false) => {
                    self.announced.insert(*id, user.clone());
                    joined.push(user.clone());
                }
                (false, true) => {
                    self.announced.remove(id);
                    left.push(*id);
                }
                (true, true) | (false, false) => {}
            }
        }
        (!joined.is_empty() || !left.is_empty()).then_some((joined, left))
    }

    /// The events since the last flush: the difference between the present and the published users, and
    /// expired typing. A user who joined and left within the window causes no event.
    pub(super) fn flush(
        &mut self,
        room: RoomId,
        now: Timestamp,
        remote: &RemotePresence,
    ) -> Vec<EphemeralEvent> {
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        for (id, user) in std::mem::take(&mut self.changed) {
            let is_present = self.present.contains_key(&id) || remote.is_present(room, id);
            match (is_present, self.published.contains_key(&id)) {
                (true, false) => {
                    self.published.insert(id, user.clone());
                    self.departures.remove(&id);
                    joined.push(user);
                }
                (false, true) => {
                    self.published.remove(&id);
                    self.typing.remove(&id);
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

    pub(super) fn next_event(&mut self, room: RoomId, event: PresenceEvent) -> EphemeralEvent {
        self.position.seq = self.position.seq.next();
        let event = event.into();
        EphemeralEvent { topic: Topic::Presence(room), seq: self.position.seq, event }
    }
}
