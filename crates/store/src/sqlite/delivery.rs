//! The recipients of a message, each with a read status.

use madang_hub::ports::Recipients;
use madang_shared::delivery::{MAX_DELIVERY_PEOPLE, ReadStatus};
use madang_shared::{RoomId, Seq, Timestamp, Topic, User, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::error::StatementError;
use super::values::{integer, natural, string};
use super::{log, membership};
use crate::refusals;

/// The members of the room (`?1`), and the users who were members when the message (`?2`) came and
/// have left since. Service accounts do not read, and are left out.
const PEOPLE: &str = "SELECT user_id, name, read_up_to, joined_after, left_at FROM (
        SELECT user_id, read_up_to, joined_after, NULL AS left_at FROM members WHERE room_id = ?1
        UNION ALL
        SELECT user_id, 0, joined_after, at FROM departures
        WHERE room_id = ?1 AND joined_after < ?2 AND left_after >= ?2)
    JOIN users ON users.id = user_id
    WHERE NOT EXISTS (SELECT 1 FROM service_accounts WHERE service_accounts.user_id = users.id)
    ORDER BY read_up_to >= ?2, name_key";

pub(super) fn find(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
    message: Seq,
) -> Result<Recipients, StatementError> {
    membership::require_member(connection, reader, room)?;
    let sql = "SELECT author_id, at FROM messages WHERE room_id = ?1 AND seq = ?2";
    let found = connection
        .prepare_cached(sql)?
        .query_row([integer(room.0), integer(message.0)], |row| {
            Ok((UserId(natural(row, 0)?), Timestamp(natural(row, 1)?)))
        })
        .optional()?;
    let (author, at) = found.ok_or_else(refusals::no_message)?;
    let mut statement = connection.prepare_cached(PEOPLE)?;
    let mut rows = statement.query([integer(room.0), integer(message.0)])?;
    let (mut people, mut more) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        if people.len() < MAX_DELIVERY_PEOPLE {
            people.push(person(row, author, message)?);
        } else {
            more += 1;
        }
    }
    let mut position = log::position(connection, Topic::Room(room))?;
    position.seq = message;
    Ok(Recipients { at, position, people, more })
}

fn person(row: &Row<'_>, author: UserId, message: Seq) -> rusqlite::Result<(User, ReadStatus)> {
    let user = User { id: UserId(natural(row, 0)?), name: string(row, 1)? };
    let (up_to, joined_after) = (Seq(natural(row, 2)?), Seq(natural(row, 3)?));
    let left: Option<i64> = row.get(4)?;
    let status = match left {
        Some(_) => ReadStatus::Left { at: Timestamp(natural(row, 4)?) },
        None if user.id == author => ReadStatus::Wrote,
        None if joined_after >= message => ReadStatus::JoinedLater,
        None if up_to >= message => ReadStatus::Read,
        None => ReadStatus::Unread { up_to },
    };
    Ok((user, status))
}
