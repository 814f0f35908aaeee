//! The directory of rooms.

use madang_hub::policy::{self, rights::no_room};
use madang_hub::ports::{DirectoryRequest, TopicEvent};
use madang_hub::rooms::RoomsChange;
use madang_hub::rooms::{FIRST_ROOM, FIRST_ROOM_NAME};
use madang_shared::details::DetailsEvent;
use madang_shared::frames::LogPosition;
use madang_shared::rooms::{
    CreatedRoom, DirectoryPage, ListedRoom, MAX_ROOMS, PAGE_ROOMS, Room, RoomsEvent, RoomsSnapshot,
};
use madang_shared::{RoomId, Timestamp, Topic, UserId};

use super::context::CommandContext;
use super::refusals;
use super::skeletons::NameTable;
use super::{details_events, log, membership};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// Creates the first room in a new database.
pub(crate) fn create_first_room(
    transaction: &dyn Transaction,
    now: Timestamp,
) -> Result<(), StatementError> {
    let sql = "SELECT 1 FROM topics WHERE name = ?1";
    if transaction.exists(sql, &values![Topic::Rooms.to_string()])? {
        return Ok(());
    }
    log::create_topic(transaction, Topic::Rooms)?;
    let room = CreatedRoom {
        id: FIRST_ROOM,
        name: FIRST_ROOM_NAME.to_owned(),
        made_by: None,
        made_at: now,
    };
    let sql = "INSERT INTO rooms (id, name, name_key, made_at) VALUES (?1, ?2, ?3, ?4)";
    let name_key = policy::name_key(&room.name);
    transaction.run(sql, &values![room.id.0, room.name, name_key, now.0])?;
    // The database is not open yet, so there are no subscribers to notify.
    append_created(transaction, room, &mut Vec::new())?;
    Ok(())
}

/// See the table of features.
pub(super) fn topics(author: UserId, change: &RoomsChange) -> Vec<Topic> {
    match change {
        RoomsChange::Create { .. } => vec![Topic::Rooms, Topic::Memberships(author)],
        RoomsChange::Describe { room, .. } => vec![Topic::Details(*room)],
    }
}

pub(crate) fn apply(
    transaction: &dyn Transaction,
    context: &CommandContext,
    change: RoomsChange,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    match change {
        RoomsChange::Create { name, name_key, description } => {
            create(transaction, context, name, &name_key, &description, appended).map(Some)
        }
        RoomsChange::Describe { room, description } => {
            describe(transaction, context, room, description, appended)
        }
    }
}

fn create(
    transaction: &dyn Transaction,
    context: &CommandContext,
    name: String,
    name_key: &str,
    description: &str,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let count = "SELECT count(*) FROM rooms";
    let rooms = transaction.one(count, &[], |row| row.natural(0))?;
    if rooms >= MAX_ROOMS {
        return Err(refusals::too_many_rooms().into());
    }
    if NameTable::Rooms.has_look_alike(transaction, &name, name_key)? {
        return Err(refusals::room_name_looks_taken(&name).into());
    }
    let sql = "INSERT INTO rooms (name, name_key, made_by, made_at, description, description_key) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name_key) DO NOTHING RETURNING id";
    let description_key = policy::name_key(description);
    let row =
        values![name, name_key, context.author.id.0, context.at.0, description, description_key];
    let id = transaction.optional(sql, &row, |row| row.natural(0))?;
    let Some(id) = id.map(RoomId) else {
        return Err(refusals::room_name_taken(&name).into());
    };
    NameTable::Rooms.add(transaction, id.0, &name)?;
    let made_by = Some(context.author.clone());
    let position = append_created(
        transaction,
        CreatedRoom { id, name, made_by, made_at: context.at },
        appended,
    )?;
    membership::join(transaction, context.author.id, id, context.at, appended)?;
    let sql = "UPDATE members SET role = 'manager' WHERE user_id = ?1 AND room_id = ?2";
    transaction.execute(sql, &values![context.author.id.0, id.0])?;
    Ok(position)
}

fn describe(
    transaction: &dyn Transaction,
    context: &CommandContext,
    room: RoomId,
    description: String,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let sql = "UPDATE rooms SET description = ?2, description_key = ?3 \
        WHERE id = ?1 AND description <> ?2";
    let key = policy::name_key(&description);
    if transaction.execute(sql, &values![room.0, description, key])? == 0 {
        return Ok(None);
    }
    let described = DetailsEvent::Described { description, by: context.author.clone() };
    Ok(Some(details_events::append(transaction, room, context.at, described, appended)?))
}

/// A page of the directory. Its cost does not depend on the number of messages.
pub(crate) fn directory(
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
    let sql = "SELECT id, name, description, \
        (SELECT count(*) FROM members WHERE room_id = rooms.id AND NOT EXISTS ( \
            SELECT 1 FROM service_accounts WHERE service_accounts.user_id = members.user_id)), \
        (SELECT at FROM messages WHERE room_id = rooms.id ORDER BY seq DESC LIMIT 1) \
        FROM rooms WHERE name_key > ?1 AND kind = 'public' \
        AND (instr(name_key, ?2) > 0 OR instr(description_key, ?2) > 0) \
        ORDER BY name_key LIMIT ?3";
    // One row beyond the limit shows whether there are more.
    let limit = i64::try_from(PAGE_ROOMS).unwrap_or(i64::MAX).saturating_add(1);
    let mut rooms = transaction.all(sql, &values![after, search_key, limit], listed_room)?;
    let more = rooms.len() > PAGE_ROOMS;
    rooms.truncate(PAGE_ROOMS);
    Ok(DirectoryPage { rooms, more })
}

fn listed_room(row: &Row<'_>) -> Result<ListedRoom, StatementError> {
    Ok(ListedRoom {
        room: room(row)?,
        description: row.string(2),
        members: row.natural(3)?,
        last_message_at: row.optional_natural(4)?.map(Timestamp),
    })
}

pub(crate) fn snapshot(transaction: &dyn Transaction) -> Result<RoomsSnapshot, StatementError> {
    let sql = "SELECT id, name FROM rooms WHERE kind = 'public' ORDER BY id";
    Ok(RoomsSnapshot { rooms: transaction.all(sql, &[], room)? })
}

fn append_created(
    transaction: &dyn Transaction,
    room: CreatedRoom,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    log::create_topic(transaction, Topic::Room(room.id))?;
    log::create_topic(transaction, Topic::Details(room.id))?;
    let position = log::reserve_position(transaction, Topic::Rooms)?;
    let at = room.made_at;
    log::append(transaction, &position, at, &RoomsEvent::Created(room).into(), appended)
}

fn room(row: &Row<'_>) -> Result<Room, StatementError> {
    Ok(Room { id: RoomId(row.natural(0)?), name: row.string(1) })
}
