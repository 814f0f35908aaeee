//! The details of a room: its description and its members.

use madang_hub::ports::MemberMark;
use madang_shared::details::{DetailsSnapshot, MembersPage, PAGE_MEMBERS, RoomMember};
use madang_shared::{RoomId, Seq, Timestamp, User, UserId};
use rusqlite::{Connection, Row};

use super::error::StatementError;
use super::membership;
use super::values::{integer, natural, optional_natural, string};

/// The members of a room (`?1`). Service accounts do not read, and are left out.
macro_rules! members {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM members WHERE room_id = ?1 \
            AND NOT EXISTS (SELECT 1 FROM service_accounts WHERE service_accounts.user_id = members.user_id)"
        )
    };
}

pub(super) fn snapshot(connection: &Connection, room: RoomId) -> rusqlite::Result<DetailsSnapshot> {
    let sql = "SELECT description FROM rooms WHERE id = ?1";
    let description =
        connection.prepare_cached(sql)?.query_row([integer(room.0)], |row| string(row, 0))?;
    let sql = members!("count(*)");
    let members =
        connection.prepare_cached(sql)?.query_row([integer(room.0)], |row| natural(row, 0))?;
    Ok(DetailsSnapshot { description, members })
}

/// A page of the members after a user.
pub(super) fn page(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
    after: Option<UserId>,
) -> Result<MembersPage, StatementError> {
    membership::require_member(connection, reader, room)?;
    let sql = concat!(
        "SELECT user_id, name, joined_at FROM (",
        members!("user_id, joined_at"),
        ") JOIN users ON users.id = user_id WHERE user_id > ?2 ORDER BY user_id LIMIT ?3"
    );
    let after = integer(after.map_or(0, |user| user.0));
    // One row beyond the limit shows whether there are more.
    let limit = i64::try_from(PAGE_MEMBERS).unwrap_or(i64::MAX).saturating_add(1);
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((integer(room.0), after, limit), member)?;
    let mut members = rows.collect::<Result<Vec<_>, _>>()?;
    let more = members.len() > PAGE_MEMBERS;
    members.truncate(PAGE_MEMBERS);
    Ok(MembersPage { members, more })
}

/// The read marks of the members.
pub(super) fn read_marks(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
) -> Result<Vec<MemberMark>, StatementError> {
    membership::require_member(connection, reader, room)?;
    let mut statement = connection.prepare_cached(members!("user_id, joined_after, read_up_to"))?;
    let marks = statement.query_map([integer(room.0)], |row| {
        Ok(MemberMark {
            user: UserId(natural(row, 0)?),
            joined_after: Seq(natural(row, 1)?),
            read_up_to: Seq(natural(row, 2)?),
        })
    })?;
    Ok(marks.collect::<Result<_, _>>()?)
}

fn member(row: &Row<'_>) -> rusqlite::Result<RoomMember> {
    let user = User { id: UserId(natural(row, 0)?), name: string(row, 1)? };
    Ok(RoomMember { user, since: optional_natural(row, 2)?.map(Timestamp) })
}
