//! Whom a message was for, and who of them has read it.

use std::collections::BTreeMap;

use madang_hub::policy;
use madang_hub::ports::Recipients;
use madang_shared::delivery::MAX_DELIVERY_PEOPLE;
use madang_shared::delivery::ReceiptStatus;
use madang_shared::{Failure, Position, RoomId, Seq, Timestamp, Topic, User, UserId};

use super::state::State;
use crate::refusals;

/// Who came into which room, and who went.
#[derive(Debug, Default)]
pub(super) struct Crossings {
    /// Where the room stood.
    joined_after: BTreeMap<(RoomId, UserId), Seq>,
    /// Who has left, and not come back: when, and where the room stood.
    left: BTreeMap<(RoomId, UserId), (Timestamp, Seq)>,
}

impl Crossings {
    pub(super) fn joined(&mut self, user: UserId, room: RoomId, head: Seq) {
        self.joined_after.insert((room, user), head);
        self.left.remove(&(room, user));
    }

    pub(super) fn left(&mut self, user: UserId, room: RoomId, at: Timestamp, head: Seq) {
        self.left.insert((room, user), (at, head));
    }
}

impl State {
    pub(super) fn delivery(
        &self,
        reader: UserId,
        room: RoomId,
        message: Seq,
    ) -> Result<Recipients, Failure> {
        self.require_member(reader, room)?;
        let found = self.messages.get(&(room, message)).ok_or_else(refusals::no_message)?;
        let of_room = (room, UserId(0))..=(room, UserId(u64::MAX));
        let mut people: Vec<(bool, String, User, ReceiptStatus)> = Vec::new();
        for (&(_, id), &joined_after) in self.crossings.joined_after.range(of_room) {
            let Some(name) = self.users.get(&id) else { continue };
            if self.services.values().any(|service| *service == id) {
                continue;
            }
            let mark = self.members.get(&(id, room)).copied();
            let left = self.crossings.left.get(&(room, id)).copied();
            let reception = match (mark, left) {
                (None, Some((at, left_after)))
                    if joined_after < message && message <= left_after =>
                {
                    ReceiptStatus::Left { at }
                }
                (None, _) => continue,
                _ if id == found.author.id => ReceiptStatus::Wrote,
                _ if joined_after >= message => ReceiptStatus::JoinedLater,
                (Some(up_to), _) if up_to >= message => ReceiptStatus::Read,
                (Some(up_to), _) => ReceiptStatus::Unread { up_to },
            };
            let has_read = mark.is_some_and(|up_to| up_to >= message);
            let user = User { id, name: name.clone() };
            people.push((has_read, policy::name_key(name), user, reception));
        }
        people.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let more = people.len().saturating_sub(MAX_DELIVERY_PEOPLE) as u64;
        people.truncate(MAX_DELIVERY_PEOPLE);
        let people = people.into_iter().map(|(_, _, user, reception)| (user, reception)).collect();
        let stream = self.topics.get(&Topic::Room(room)).ok_or_else(refusals::no_room)?;
        Ok(Recipients {
            at: found.at,
            position: Position::new(stream.epoch, message),
            people,
            more,
        })
    }
}
