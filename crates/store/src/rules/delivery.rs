//! The recipients of a message, each with a read status.

use std::ops::ControlFlow;

use madang_hub::policy::rights::{Need, RoomRight};
use madang_hub::ports::Recipients;
use madang_shared::delivery::{MAX_DELIVERY_PEOPLE, ReadStatus};
use madang_shared::{RoomId, Seq, Timestamp, Topic, User, UserId};

use super::refusals;
use super::{log, membership, rights};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// The members of the room (`?1`), and the users who were members when the message (`?2`) came and
/// have left since. Service accounts do not read, and are left out.
const PEOPLE: &str = "SELECT user_id, name, read_up_to, joined_after, left_at FROM (
        SELECT user_id, read_up_to, joined_after, NULL AS left_at FROM members WHERE room_id = ?1
        UNION ALL
        SELECT user_id, 0, joined_after, at FROM departures
        WHERE room_id = ?1 AND joined_after < ?2 AND left_after >= ?2)
    AS recipients JOIN users ON users.id = user_id
    WHERE NOT EXISTS (SELECT 1 FROM service_accounts WHERE service_accounts.user_id = users.id)
    ORDER BY read_up_to >= ?2, name_key";

pub(crate) fn find(
    transaction: &dyn Transaction,
    reader: UserId,
    room: RoomId,
    message: Seq,
) -> Result<Recipients, StatementError> {
    rights::require(transaction, reader, Need::Room(room, RoomRight::Read))?;
    let after = membership::sees_after(transaction, reader, room)?;
    let sql = "SELECT author_id, at FROM messages WHERE room_id = ?1 AND seq = ?2 AND seq > ?3";
    let found = transaction.optional(sql, &values![room.0, message.0, after.0], |row| {
        Ok((UserId(row.natural(0)?), Timestamp(row.natural(1)?)))
    })?;
    let (author, at) = found.ok_or_else(refusals::no_message)?;
    let (mut people, mut more) = (Vec::new(), 0);
    transaction.visit(PEOPLE, &values![room.0, message.0], &mut |row| {
        if people.len() < MAX_DELIVERY_PEOPLE {
            people.push(person(row, author, message)?);
        } else {
            more += 1;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut position = log::position(transaction, Topic::Room(room))?;
    position.seq = message;
    Ok(Recipients { at, position, people, more })
}

fn person(
    row: &Row<'_>,
    author: UserId,
    message: Seq,
) -> Result<(User, ReadStatus), StatementError> {
    let user = User { id: UserId(row.natural(0)?), name: row.string(1) };
    let (up_to, joined_after) = (Seq(row.natural(2)?), Seq(row.natural(3)?));
    let status = match row.optional_natural(4)? {
        Some(at) => ReadStatus::Left { at: Timestamp(at) },
        None if user.id == author => ReadStatus::Wrote,
        None if joined_after >= message => ReadStatus::JoinedLater,
        None if up_to >= message => ReadStatus::Read,
        None => ReadStatus::Unread { up_to },
    };
    Ok((user, status))
}
