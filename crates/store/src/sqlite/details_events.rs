//! The events of a room's details.

use madang_hub::ports::TopicEvent;
use madang_shared::details::{DetailsEvent, RoomMember};
use madang_shared::frames::LogPosition;
use madang_shared::{RoomId, Seq, Timestamp, Topic, User, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::log;
use super::values::{integer, string};

/// Appends the event of a new member, unless it is a service account. `after` is the room's last event.
pub(super) fn append_joined(
    connection: &Connection,
    user: UserId,
    room: RoomId,
    after: Seq,
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> rusqlite::Result<()> {
    if let Some(name) = name_of_member(connection, user)? {
        let member = RoomMember { user: User { id: user, name }, since: Some(at) };
        append(connection, room, at, DetailsEvent::Joined { member, after }, appended)?;
    }
    Ok(())
}

/// Appends the event of a former member, unless it is a service account.
pub(super) fn append_left(
    connection: &Connection,
    user: UserId,
    room: RoomId,
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> rusqlite::Result<()> {
    if name_of_member(connection, user)?.is_some() {
        append(connection, room, at, DetailsEvent::Left { user }, appended)?;
    }
    Ok(())
}

pub(super) fn append(
    connection: &Connection,
    room: RoomId,
    at: Timestamp,
    event: DetailsEvent,
    appended: &mut Vec<TopicEvent>,
) -> rusqlite::Result<LogPosition> {
    let position = log::reserve_position(connection, Topic::Details(room))?;
    log::append(connection, &position, at, &event.into(), appended)
}

/// The name of a user; `None` for a service account.
fn name_of_member(connection: &Connection, user: UserId) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT name FROM users WHERE id = ?1 \
        AND NOT EXISTS (SELECT 1 FROM service_accounts WHERE user_id = ?1)";
    connection.prepare_cached(sql)?.query_row([integer(user.0)], |row| string(row, 0)).optional()
}
