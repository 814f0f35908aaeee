//! The users who are present through other nodes.
//!
//! A node sends the changes of its own users at once, the list of its rooms every [`ALIVE_MS`], and its whole state every
//! [`WHOLE_MS`]. A lost message is repaired by the next whole state. The entries of a node that is silent for
//! [`NODE_EXPIRY_MS`] expire.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use madang_shared::{RoomId, Timestamp, User, UserId};

use crate::nodes::presence_message::PresenceMessage;
use crate::nodes::{NODE_EXPIRY_MS, NodeId};

/// The interval at which a node sends the list of its rooms, in milliseconds.
pub(super) const ALIVE_MS: u64 = 4_000;
/// The interval at which a node sends its whole state, in milliseconds.
pub(super) const WHOLE_MS: u64 = 20_000;
/// The users in one message.
const MESSAGE_USERS: usize = 500;
/// The rooms in one message.
const MESSAGE_ROOMS: usize = 5_000;

/// The messages that present the whole state of a room, or changes of it.
pub(super) fn messages_of_room(
    room: RoomId,
    whole: bool,
    joined: &[User],
    left: Vec<UserId>,
    number: &mut u64,
) -> Vec<PresenceMessage> {
    let mut left = Some(left);
    let mut whole = Some(whole);
    let mut chunks: Vec<&[User]> = joined.chunks(MESSAGE_USERS).collect();
    if chunks.is_empty() {
        chunks.push(&[]);
    }
    let messages = chunks.into_iter().map(|joined| {
        *number += 1;
        PresenceMessage::Changed {
            number: *number,
            room,
            whole: whole.take().unwrap_or_default(),
            joined: joined.to_vec(),
            left: left.take().unwrap_or_default(),
        }
    });
    messages.collect()
}

/// The messages that list all rooms of a node.
pub(super) fn messages_of_rooms(
    rooms: &BTreeSet<RoomId>,
    number: &mut u64,
) -> Vec<PresenceMessage> {
    let rooms: Vec<RoomId> = rooms.iter().copied().collect();
    let mut chunks: Vec<&[RoomId]> = rooms.chunks(MESSAGE_ROOMS).collect();
    if chunks.is_empty() {
        chunks.push(&[]);
    }
    let (mut first, count) = (RoomId(0), chunks.len());
    let messages = chunks.into_iter().enumerate().map(|(index, rooms)| {
        *number += 1;
        let last = match rooms.last() {
            Some(last) if index + 1 < count => *last,
            _ => RoomId(u64::MAX),
        };
        let number = *number;
        let message = PresenceMessage::Rooms { number, first, last, rooms: rooms.to_vec() };
        first = RoomId(last.0.saturating_add(1));
        message
    });
    messages.collect()
}

/// The present users of the other nodes.
#[derive(Debug, Default)]
pub(super) struct RemotePresence {
    nodes: HashMap<NodeId, RemoteNode>,
}

#[derive(Debug, Default)]
struct RemoteNode {
    heard_at: Timestamp,
    rooms: BTreeMap<RoomId, RemoteRoom>,
}

#[derive(Debug, Default)]
struct RemoteRoom {
    number: u64,
    users: BTreeMap<UserId, User>,
}

/// Users who may have joined or left a room.
pub(super) type Changes = Vec<(RoomId, User)>;

impl RemotePresence {
    /// Whether a user is present in a room through another node.
    pub(super) fn is_present(&self, room: RoomId, user: UserId) -> bool {
        let mut rooms = self.nodes.values().filter_map(|node| node.rooms.get(&room));
        rooms.any(|room| room.users.contains_key(&user))
    }

    /// Applies the changes of a node's message.
    pub(super) fn change(
        &mut self,
        from: NodeId,
        (number, room): (u64, RoomId),
        is_whole: bool,
        (joined, left): (Vec<User>, Vec<UserId>),
        now: Timestamp,
    ) -> Changes {
        let node = self.nodes.entry(from).or_default();
        node.heard_at = now;
        let remote = node.rooms.entry(room).or_default();
        if number <= remote.number {
            return Vec::new();
        }
        remote.number = number;
        let mut changed: BTreeMap<UserId, User> =
            if is_whole { std::mem::take(&mut remote.users) } else { BTreeMap::new() };
        for user in joined {
            changed.insert(user.id, user.clone());
            remote.users.insert(user.id, user);
        }
        let left = left.into_iter().filter_map(|user| remote.users.remove(&user));
        changed.extend(left.map(|user| (user.id, user)));
        changed.into_values().map(|user| (room, user)).collect()
    }

    /// Applies a node's list of its rooms.
    pub(super) fn keep_rooms(
        &mut self,
        from: NodeId,
        number: u64,
        (first, last): (RoomId, RoomId),
        rooms: &[RoomId],
        now: Timestamp,
    ) -> Changes {
        let node = self.nodes.entry(from).or_default();
        node.heard_at = now;
        if first > last {
            return Vec::new();
        }
        let gone = node.rooms.extract_if(first..=last, |room, remote| {
            remote.number < number && rooms.binary_search(room).is_err()
        });
        gone.flat_map(|(room, remote)| remote.users.into_values().map(move |user| (room, user)))
            .collect()
    }

    /// Removes the nodes that are silent.
    pub(super) fn expire(&mut self, now: Timestamp) -> Changes {
        let silent = self.nodes.extract_if(|_, node| {
            // A clock that was ahead has set a time that would come far too late.
            node.heard_at = node.heard_at.min(now);
            node.heard_at.has_passed(NODE_EXPIRY_MS, now)
        });
        let rooms = silent.flat_map(|(_, node)| node.rooms);
        rooms
            .flat_map(|(room, remote)| remote.users.into_values().map(move |user| (room, user)))
            .collect()
    }
}
