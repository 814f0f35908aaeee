//! The details of a room: its description and its members.

use madang_hub::policy::rights::{Need, RoomRight};
use madang_hub::ports::MemberMark;
use madang_shared::details::{DetailsSnapshot, MembersPage, PAGE_MEMBERS, RoomMember};
use madang_shared::roles::RoomRole;
use madang_shared::{RoomId, Seq, Timestamp, User, UserId};

use super::{profile_rows, rights};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

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

pub(crate) fn snapshot(
    transaction: &dyn Transaction,
    room: RoomId,
) -> Result<DetailsSnapshot, StatementError> {
    let sql = "SELECT description FROM rooms WHERE id = ?1";
    let description = transaction.one(sql, &values![room.0], |row| Ok(row.string(0)))?;
    let sql = members!("count(*)");
    let members = transaction.one(sql, &values![room.0], |row| row.natural(0))?;
    let profiles = profile_rows::of_room(transaction, room)?;
    Ok(DetailsSnapshot { description, members, profiles })
}

/// A page of the members after a user.
pub(crate) fn page(
    transaction: &dyn Transaction,
    reader: UserId,
    room: RoomId,
    after: Option<UserId>,
) -> Result<MembersPage, StatementError> {
    rights::require(transaction, reader, Need::Room(room, RoomRight::Read))?;
    let sql = concat!(
        "SELECT user_id, name, joined_at, listed.role FROM (",
        members!("user_id, joined_at, role"),
        ") AS listed JOIN users ON users.id = user_id WHERE user_id > ?2 ORDER BY user_id LIMIT ?3"
    );
    let after = after.map_or(0, |user| user.0);
    // One row beyond the limit shows whether there are more.
    let limit = i64::try_from(PAGE_MEMBERS).unwrap_or(i64::MAX).saturating_add(1);
    let mut members = transaction.all(sql, &values![room.0, after, limit], member)?;
    let more = members.len() > PAGE_MEMBERS;
    members.truncate(PAGE_MEMBERS);
    Ok(MembersPage { members, more })
}

/// The read marks of the members.
pub(crate) fn read_marks(
    transaction: &dyn Transaction,
    reader: UserId,
    room: RoomId,
) -> Result<Vec<MemberMark>, StatementError> {
    rights::require(transaction, reader, Need::Room(room, RoomRight::Read))?;
    transaction.all(members!("user_id, joined_after, read_up_to"), &values![room.0], |row| {
        Ok(MemberMark {
            user: UserId(row.natural(0)?),
            joined_after: Seq(row.natural(1)?),
            read_up_to: Seq(row.natural(2)?),
        })
    })
}

fn member(row: &Row<'_>) -> Result<RoomMember, StatementError> {
    let user = User { id: UserId(row.natural(0)?), name: row.string(1) };
    let role = RoomRole::parse(&row.string(3)).unwrap_or(RoomRole::Reader);
    Ok(RoomMember { user, since: row.optional_natural(2)?.map(Timestamp), role })
}
