//! The recipients of a message, each with a read status.

use madang_hub::policy;
use madang_hub::ports::Recipients;
use madang_shared::delivery::{MAX_DELIVERY_PEOPLE, ReadStatus};
use madang_shared::{Failure, RoomId, Seq, Topic, User, UserId};

use super::membership;
use super::state::State;
use crate::refusals;

pub(super) fn find(
    state: &State,
    reader: UserId,
    room: RoomId,
    message: Seq,
) -> Result<Recipients, Failure> {
    membership::require_member(state, reader, room)?;
    let found = state.messages.get(&(room, message)).ok_or_else(refusals::no_message)?;
    let of_room = (room, UserId(0))..=(room, UserId(u64::MAX));
    let mut people: Vec<(bool, String, User, ReadStatus)> = Vec::new();
    for (&(_, id), &joined_after) in state.joined_after.range(of_room) {
        let Some(name) = state.users.get(&id) else { continue };
        if state.service_accounts.values().any(|service| *service == id) {
            continue;
        }
        let mark = state.members.get(&(id, room)).copied();
        let left = state.departures.get(&(room, id)).copied();
        let status = match (mark, left) {
            (None, Some((at, left_after))) if joined_after < message && message <= left_after => {
                ReadStatus::Left { at }
            }
            (None, _) => continue,
            _ if id == found.author.id => ReadStatus::Wrote,
            _ if joined_after >= message => ReadStatus::JoinedLater,
            (Some(up_to), _) if up_to >= message => ReadStatus::Read,
            (Some(up_to), _) => ReadStatus::Unread { up_to },
        };
        let has_read = mark.is_some_and(|up_to| up_to >= message);
        let user = User { id, name: name.clone() };
        people.push((has_read, policy::name_key(name), user, status));
    }
    people.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let more = people.len().saturating_sub(MAX_DELIVERY_PEOPLE) as u64;
    people.truncate(MAX_DELIVERY_PEOPLE);
    let people = people.into_iter().map(|(_, _, user, status)| (user, status)).collect();
    let mut position = state.log.position(Topic::Room(room))?;
    position.seq = message;
    Ok(Recipients { at: found.at, position, people, more })
}
