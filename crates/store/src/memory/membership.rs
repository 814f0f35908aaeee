//! Memberships: the rooms that a user has joined, with read marks.

use madang_hub::ports::TopicEvent;
use madang_shared::frames::LogPosition;
use madang_shared::membership::MembershipCommand;
use madang_shared::membership::{
    MAX_COUNTED_UNREAD, MAX_JOINED_ROOMS, MAX_UNREAD_SCAN, Membership, MembershipEvent,
    MembershipSnapshot,
};
use madang_shared::{Failure, RoomId, Seq, Timestamp, Topic, UserId};

use super::details;
use super::state::State;
use crate::context::CommandContext;
use crate::refusals;

pub(super) fn apply(
    state: &mut State,
    context: &CommandContext,
    change: MembershipCommand,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Failure> {
    let user = context.author.id;
    let (MembershipCommand::Join { room }
    | MembershipCommand::Leave { room }
    | MembershipCommand::Read { room, .. }
    | MembershipCommand::Mute { room, .. }) = change;
    if !state.rooms.contains_key(&room) {
        return Err(refusals::no_room());
    }
    state.require_user(user)?;
    let mark = state.members.get(&(user, room)).copied();
    Ok(match (change, mark) {
        (MembershipCommand::Join { .. }, Some(_)) | (MembershipCommand::Leave { .. }, None) => None,
        (MembershipCommand::Join { .. }, None) => {
            require_may_join(state, user)?;
            Some(join(state, user, room, context.at, appended))
        }
        (MembershipCommand::Leave { .. }, Some(_)) => {
            state.members.remove(&(user, room));
            state.muted_rooms.remove(&(user, room));
            let head = state.log.head(Topic::Room(room));
            state.departures.insert((room, user), (context.at, head));
            let position = append(state, user, MembershipEvent::Left { room }, appended);
            details::append_left(state, user, room, appended);
            Some(position)
        }
        (MembershipCommand::Read { .. } | MembershipCommand::Mute { .. }, None) => {
            return Err(refusals::not_member());
        }
        (MembershipCommand::Mute { muted, .. }, Some(_)) => {
            let changed = if muted {
                state.muted_rooms.insert((user, room))
            } else {
                state.muted_rooms.remove(&(user, room))
            };
            let event = MembershipEvent::Muted { room, muted };
            changed.then(|| append(state, user, event, appended))
        }
        (MembershipCommand::Read { up_to, .. }, Some(mark)) => {
            let up_to = up_to.min(state.log.head(Topic::Room(room)));
            if up_to <= mark {
                return Ok(None);
            }
            state.members.insert((user, room), up_to);
            let membership = find(state, user, room);
            Some(append(state, user, MembershipEvent::Read(membership), appended))
        }
    })
}

pub(super) fn snapshot(state: &State, user: UserId) -> MembershipSnapshot {
    let of_user = state.members.range((user, RoomId(0))..=(user, RoomId(u64::MAX)));
    let memberships = of_user.map(|(&(_, room), _)| find(state, user, room)).collect();
    let muted = state.muted_rooms.range((user, RoomId(0))..=(user, RoomId(u64::MAX)));
    MembershipSnapshot { memberships, muted: muted.map(|(_, room)| *room).collect() }
}

/// Joins a user to an existing room. The user must not be a member yet, and must be allowed to join
/// one more room.
pub(super) fn join(
    state: &mut State,
    user: UserId,
    room: RoomId,
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> LogPosition {
    let head = state.log.head(Topic::Room(room));
    state.joined_at.insert((room, user), at);
    state.members.insert((user, room), head);
    state.joined_after.insert((room, user), head);
    state.departures.remove(&(room, user));
    let membership = Membership { room, read_up_to: head, unread: 0, head };
    let position = append(state, user, MembershipEvent::Joined(membership), appended);
    details::append_joined(state, user, room, head, at, appended);
    position
}

pub(super) fn is_member(state: &State, user: UserId, room: RoomId) -> bool {
    state.members.contains_key(&(user, room))
}

/// Refuses a user who has not joined the room.
pub(super) fn require_member(state: &State, user: UserId, room: RoomId) -> Result<(), Failure> {
    if is_member(state, user, room) {
        Ok(())
    } else if state.rooms.contains_key(&room) {
        Err(refusals::not_member())
    } else {
        Err(refusals::no_room())
    }
}

/// Refuses a user who has joined as many rooms as allowed.
pub(super) fn require_may_join(state: &State, user: UserId) -> Result<(), Failure> {
    let of_user = state.members.range((user, RoomId(0))..=(user, RoomId(u64::MAX)));
    let joined: u64 = of_user.map(|_| 1).sum();
    if joined < MAX_JOINED_ROOMS { Ok(()) } else { Err(refusals::too_many_rooms_joined()) }
}

/// The membership of a member.
pub(super) fn find(state: &State, user: UserId, room: RoomId) -> Membership {
    let read_up_to = state.members.get(&(user, room)).copied().unwrap_or_default();
    let after = state.messages.range((room, read_up_to.next())..=(room, Seq(u64::MAX)));
    let scanned = after.take(usize::try_from(MAX_UNREAD_SCAN).unwrap_or(usize::MAX));
    let by_others = scanned.filter(|(_, message)| message.author.id != user);
    let unread = by_others.map(|_| 1).sum::<u64>().min(MAX_COUNTED_UNREAD);
    Membership { room, read_up_to, unread, head: state.log.head(Topic::Room(room)) }
}

fn append(
    state: &mut State,
    user: UserId,
    event: MembershipEvent,
    appended: &mut Vec<TopicEvent>,
) -> LogPosition {
    state.log.append(Topic::Memberships(user), &event.into(), appended)
}
