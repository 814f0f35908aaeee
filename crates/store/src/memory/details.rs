//! The details of a room: its description and its members.

use madang_hub::ports::{MemberMark, TopicEvent};
use madang_shared::details::{
    DetailsEvent, DetailsSnapshot, MembersPage, PAGE_MEMBERS, RoomMember,
};
use madang_shared::frames::LogPosition;
use madang_shared::{Failure, RoomId, Seq, Timestamp, Topic, User, UserId};

use super::membership;
use super::state::State;

pub(super) fn snapshot(state: &State, room: RoomId) -> DetailsSnapshot {
    DetailsSnapshot { description: description(state, room), members: count(state, room) }
}

pub(super) fn description(state: &State, room: RoomId) -> String {
    state.descriptions.get(&room).cloned().unwrap_or_default()
}

/// The number of members, without service accounts.
pub(super) fn count(state: &State, room: RoomId) -> u64 {
    members(state, room).map(|_| 1).sum()
}

/// A page of the members after a user.
pub(super) fn page(
    state: &State,
    reader: UserId,
    room: RoomId,
    after: Option<UserId>,
) -> Result<MembersPage, Failure> {
    membership::require_member(state, reader, room)?;
    let after = after.unwrap_or(UserId(0));
    let mut members: Vec<RoomMember> = members(state, room)
        .filter(|(id, _)| *id > after)
        .filter_map(|(id, _)| {
            let user = User { id, name: state.users.get(&id)?.clone() };
            Some(RoomMember { user, since: state.joined_at.get(&(room, id)).copied() })
        })
        .take(PAGE_MEMBERS + 1)
        .collect();
    let more = members.len() > PAGE_MEMBERS;
    members.truncate(PAGE_MEMBERS);
    Ok(MembersPage { members, more })
}

/// The read marks of the members.
pub(super) fn read_marks(
    state: &State,
    reader: UserId,
    room: RoomId,
) -> Result<Vec<MemberMark>, Failure> {
    membership::require_member(state, reader, room)?;
    let marks = members(state, room).map(|(user, read_up_to)| MemberMark {
        user,
        joined_after: state.joined_after.get(&(room, user)).copied().unwrap_or_default(),
        read_up_to,
    });
    Ok(marks.collect())
}

/// Appends the event of a new member, unless it is a service account. `after` is the room's last event.
pub(super) fn append_joined(
    state: &mut State,
    id: UserId,
    room: RoomId,
    after: Seq,
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) {
    let Some(name) = state.users.get(&id).filter(|_| !is_service(state, id)).cloned() else {
        return;
    };
    let member = RoomMember { user: User { id, name }, since: Some(at) };
    append(state, room, DetailsEvent::Joined { member, after }, appended);
}

/// Appends the event of a former member, unless it is a service account.
pub(super) fn append_left(
    state: &mut State,
    user: UserId,
    room: RoomId,
    appended: &mut Vec<TopicEvent>,
) {
    if !is_service(state, user) {
        append(state, room, DetailsEvent::Left { user }, appended);
    }
}

pub(super) fn append(
    state: &mut State,
    room: RoomId,
    event: DetailsEvent,
    appended: &mut Vec<TopicEvent>,
) -> LogPosition {
    state.log.append(Topic::Details(room), &event.into(), appended)
}

/// The members by id, with their read marks, without service accounts.
fn members(state: &State, room: RoomId) -> impl Iterator<Item = (UserId, Seq)> {
    let of_room = state.members.iter().filter(move |((_, of), _)| *of == room);
    of_room.map(|((user, _), mark)| (*user, *mark)).filter(|(user, _)| !is_service(state, *user))
}

fn is_service(state: &State, user: UserId) -> bool {
    state.service_accounts.values().any(|service| *service == user)
}
