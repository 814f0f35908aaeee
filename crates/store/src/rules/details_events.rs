//! The events of a room's details.

use madang_hub::ports::TopicEvent;
use madang_shared::details::{DetailsEvent, RoomMember};
use madang_shared::frames::LogPosition;
use madang_shared::roles::RoomRole;
use madang_shared::{RoomId, Seq, Timestamp, Topic, User, UserId};

use super::{log, profile_rows};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// A new member of a room.
pub(super) struct Member {
    pub(super) user: UserId,
    pub(super) room: RoomId,
    pub(super) role: RoomRole,
}

/// Appends the event of a new member, unless it is a service account. `after` is the room's last event.
pub(super) fn append_joined(
    transaction: &dyn Transaction,
    &Member { user, room, role }: &Member,
    after: Seq,
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    if let Some(name) = name_of_member(transaction, user)? {
        let member = RoomMember { user: User { id: user, name }, since: Some(at), role };
        append(transaction, room, at, DetailsEvent::Joined { member, after }, appended)?;
        if let Some(profile) = profile_rows::find(transaction, user)? {
            append(transaction, room, at, DetailsEvent::ProfileChanged(profile), appended)?;
        }
    }
    Ok(())
}

/// Appends the event of a former member, unless it is a service account.
pub(super) fn append_left(
    transaction: &dyn Transaction,
    user: UserId,
    room: RoomId,
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    if name_of_member(transaction, user)?.is_some() {
        append(transaction, room, at, DetailsEvent::Left { user }, appended)?;
    }
    Ok(())
}

pub(super) fn append(
    transaction: &dyn Transaction,
    room: RoomId,
    at: Timestamp,
    event: DetailsEvent,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let position = log::reserve_position(transaction, Topic::Details(room))?;
    log::append(transaction, &position, at, &event.into(), appended)
}

/// The name of a user; `None` for a service account.
fn name_of_member(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<Option<String>, StatementError> {
    let sql = "SELECT name FROM users WHERE id = ?1 \
        AND NOT EXISTS (SELECT 1 FROM service_accounts WHERE user_id = ?1)";
    transaction.optional(sql, &values![user.0], |row| Ok(row.string(0)))
}
