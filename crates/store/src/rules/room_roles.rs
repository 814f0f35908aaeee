//! The roles of the members of a room.

use madang_hub::policy::rights::no_room;
use madang_shared::roles::{RoomKind, RoomRole};
use madang_shared::{RoomId, UserId};

use super::refusals;
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Refuses that a private room with members loses its last manager. The administrators of the workspace manage public rooms.
pub(super) fn require_other_manager(
    transaction: &dyn Transaction,
    room: RoomId,
    user: UserId,
) -> Result<(), StatementError> {
    let sql = "SELECT kind, \
        (SELECT count(*) FROM members WHERE room_id = rooms.id AND user_id <> ?2), \
        (SELECT count(*) FROM members WHERE room_id = rooms.id AND user_id <> ?2 AND role = 'manager') \
        FROM rooms WHERE id = ?1";
    let found = transaction.optional(sql, &values![room.0, user.0], |row| {
        Ok((RoomKind::parse(&row.string(0)), row.natural(1)?, row.natural(2)?))
    })?;
    let (kind, others, managers) = found.ok_or_else(no_room)?;
    if kind == Some(RoomKind::Public) || others == 0 || managers > 0 {
        Ok(())
    } else {
        Err(refusals::last_manager().into())
    }
}

/// The role of a member; none for a user who is no member.
pub(super) fn role_of(
    transaction: &dyn Transaction,
    room: RoomId,
    user: UserId,
) -> Result<Option<RoomRole>, StatementError> {
    let sql = "SELECT role FROM members WHERE user_id = ?1 AND room_id = ?2";
    let role = transaction.optional(sql, &values![user.0, room.0], |row| Ok(row.string(0)))?;
    Ok(role.map(|role| RoomRole::parse(&role).unwrap_or(RoomRole::Reader)))
}
