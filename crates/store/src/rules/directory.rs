//! The directory of public rooms.

use madang_hub::policy::rights::no_room;
use madang_hub::ports::DirectoryRequest;
use madang_shared::rooms::{DirectoryPage, ListedRoom, PAGE_ROOMS};
use madang_shared::{RoomId, Timestamp};

use super::room_facts::{self, columns};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// The columns of a room in the directory.
macro_rules! listed {
    () => {
        concat!(
            "SELECT ",
            columns!(),
            ", description, \
            (SELECT count(*) FROM members WHERE room_id = rooms.id AND NOT EXISTS ( \
                SELECT 1 FROM service_accounts WHERE service_accounts.user_id = members.user_id)), \
            (SELECT at FROM messages WHERE room_id = rooms.id ORDER BY seq DESC LIMIT 1) \
            FROM rooms "
        )
    };
}

/// A page of the directory. Its cost does not depend on the number of messages.
pub(crate) fn page(
    transaction: &dyn Transaction,
    DirectoryRequest { search_key, after }: &DirectoryRequest,
) -> Result<DirectoryPage, StatementError> {
    let after = match after {
        Some(room) => {
            let sql = "SELECT name_key FROM rooms WHERE id = ?1 AND kind = 'public'";
            let key = transaction.optional(sql, &values![room.0], |row| Ok(row.string(0)))?;
            key.ok_or_else(no_room)?
        }
        None => String::new(),
    };
    let sql = concat!(
        listed!(),
        "WHERE name_key > ?1 AND kind = 'public' \
        AND (instr(name_key, ?2) > 0 OR instr(description_key, ?2) > 0) \
        ORDER BY name_key LIMIT ?3"
    );
    // One row beyond the limit shows whether there are more.
    let limit = i64::try_from(PAGE_ROOMS).unwrap_or(i64::MAX).saturating_add(1);
    let mut rooms = transaction.all(sql, &values![after, search_key, limit], listed_room)?;
    let more = rooms.len() > PAGE_ROOMS;
    rooms.truncate(PAGE_ROOMS);
    Ok(DirectoryPage { rooms, more })
}

/// One room. The caller has checked that the reader may know of it.
pub(crate) fn find(
    transaction: &dyn Transaction,
    room: RoomId,
) -> Result<ListedRoom, StatementError> {
    let sql = concat!(listed!(), "WHERE id = ?1");
    let found = transaction.optional(sql, &values![room.0], listed_room)?.ok_or_else(no_room)?;
    Ok(ListedRoom { room: room_facts::find(transaction, room)?, ..found })
}

fn listed_room(row: &Row<'_>) -> Result<ListedRoom, StatementError> {
    Ok(ListedRoom {
        room: room_facts::read(row)?,
        description: row.string(8),
        members: row.natural(9)?,
        last_message_at: row.optional_natural(10)?.map(Timestamp),
    })
}
