//! The directory of rooms.

use madang_hub::policy;
use madang_hub::ports::{DirectoryRequest, TopicEvent};
use madang_hub::rooms::RoomsChange;
use madang_hub::rooms::{FIRST_ROOM, FIRST_ROOM_NAME};
use madang_shared::details::DetailsEvent;
use madang_shared::frames::LogPosition;
use madang_shared::rooms::{
    CreatedRoom, DirectoryPage, ListedRoom, MAX_ROOMS, PAGE_ROOMS, Room, RoomsEvent, RoomsSnapshot,
};
use madang_shared::{RoomId, Timestamp, Topic};
use rusqlite::{Connection, OptionalExtension, Row};

use super::error::StatementError;
use super::skeletons::NameTable;
use super::values::{integer, natural, optional_natural, string};
use super::{details_events, log, membership};
use crate::context::CommandContext;
use crate::refusals;

/// Creates the first room in a new database.
pub(super) fn create_first_room(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "SELECT EXISTS (SELECT 1 FROM topics WHERE name = ?1)";
    if connection.query_row(sql, [Topic::Rooms.to_string()], |row| row.get(0))? {
        return Ok(());
    }
    log::create_topic(connection, Topic::Rooms)?;
    let room = CreatedRoom {
        id: FIRST_ROOM,
        name: FIRST_ROOM_NAME.to_owned(),
        made_by: None,
        made_at: now,
    };
    connection.execute(
        "INSERT INTO rooms (id, name, name_key, made_at) VALUES (?1, ?2, ?3, ?4)",
        (integer(room.id.0), &room.name, policy::name_key(&room.name), integer(now.0)),
    )?;
    // The database is not open yet, so there are no subscribers to notify.
    append_created(connection, room, &mut Vec::new())?;
    Ok(())
}

pub(super) fn apply(
    connection: &Connection,
    context: &CommandContext,
    change: RoomsChange,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    match change {
        RoomsChange::Create { name, name_key, description } => {
            create(connection, context, name, &name_key, &description, appended).map(Some)
        }
        RoomsChange::Describe { room, description } => {
            describe(connection, context, room, description, appended)
        }
    }
}

fn create(
    connection: &Connection,
    context: &CommandContext,
    name: String,
    name_key: &str,
    description: &str,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let count = "SELECT count(*) FROM rooms";
    let rooms = connection.prepare_cached(count)?.query_row([], |row| natural(row, 0))?;
    if rooms >= MAX_ROOMS {
        return Err(refusals::too_many_rooms().into());
    }
    if NameTable::Rooms.has_look_alike(connection, &name, name_key)? {
        return Err(refusals::room_name_looks_taken(&name).into());
    }
    let sql = "INSERT INTO rooms (name, name_key, made_by, made_at, description, description_key) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name_key) DO NOTHING RETURNING id";
    let (made_by, made_at) = (integer(context.author.id.0), integer(context.at.0));
    let description_key = policy::name_key(description);
    let row = (&name, name_key, made_by, made_at, description, description_key);
    let id = connection.prepare_cached(sql)?.query_row(row, |row| natural(row, 0)).optional()?;
    let Some(id) = id.map(RoomId) else {
        return Err(refusals::room_name_taken(&name).into());
    };
    NameTable::Rooms.add(connection, integer(id.0), &name)?;
    let made_by = Some(context.author.clone());
    let position = append_created(
        connection,
        CreatedRoom { id, name, made_by, made_at: context.at },
        appended,
    )?;
    membership::join(connection, context.author.id, id, context.at, appended)?;
    Ok(position)
}

fn describe(
    connection: &Connection,
    context: &CommandContext,
    room: RoomId,
    description: String,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    membership::require_member(connection, context.author.id, room)?;
    let sql = "UPDATE rooms SET description = ?2, description_key = ?3 \
        WHERE id = ?1 AND description <> ?2";
    let row = (integer(room.0), &description, policy::name_key(&description));
    if connection.prepare_cached(sql)?.execute(row)? == 0 {
        return Ok(None);
    }
    let described = DetailsEvent::Described { description, by: context.author.clone() };
    Ok(Some(details_events::append(connection, room, context.at, described, appended)?))
}

/// A page of the directory. Its cost does not depend on the number of messages.
pub(super) fn directory(
    connection: &Connection,
    DirectoryRequest { search_key, after }: &DirectoryRequest,
) -> Result<DirectoryPage, StatementError> {
    let after = match after {
        Some(room) => {
            let sql = "SELECT name_key FROM rooms WHERE id = ?1";
            let key = connection
                .prepare_cached(sql)?
                .query_row([integer(room.0)], |row| string(row, 0))
                .optional()?;
            key.ok_or_else(refusals::no_room)?
        }
        None => String::new(),
    };
    let sql = "SELECT id, name, description, \
        (SELECT count(*) FROM members WHERE room_id = rooms.id AND NOT EXISTS ( \
            SELECT 1 FROM service_accounts WHERE service_accounts.user_id = members.user_id)), \
        (SELECT at FROM messages WHERE room_id = rooms.id ORDER BY seq DESC LIMIT 1) \
        FROM rooms WHERE name_key > ?1 \
        AND (instr(name_key, ?2) > 0 OR instr(description_key, ?2) > 0) \
        ORDER BY name_key LIMIT ?3";
    // One row beyond the limit shows whether there are more.
    let limit = i64::try_from(PAGE_ROOMS).unwrap_or(i64::MAX).saturating_add(1);
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((after, search_key, limit), listed_room)?;
    let mut rooms = rows.collect::<Result<Vec<_>, _>>()?;
    let more = rooms.len() > PAGE_ROOMS;
    rooms.truncate(PAGE_ROOMS);
    Ok(DirectoryPage { rooms, more })
}

fn listed_room(row: &Row<'_>) -> rusqlite::Result<ListedRoom> {
    Ok(ListedRoom {
        room: room(row)?,
        description: string(row, 2)?,
        members: natural(row, 3)?,
        last_message_at: optional_natural(row, 4)?.map(Timestamp),
    })
}

pub(super) fn snapshot(connection: &Connection) -> rusqlite::Result<RoomsSnapshot> {
    let sql = "SELECT id, name FROM rooms ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let rooms = statement.query_map([], room)?.collect::<Result<_, _>>()?;
    Ok(RoomsSnapshot { rooms })
}

fn append_created(
    connection: &Connection,
    room: CreatedRoom,
    appended: &mut Vec<TopicEvent>,
) -> rusqlite::Result<LogPosition> {
    log::create_topic(connection, Topic::Room(room.id))?;
    log::create_topic(connection, Topic::Details(room.id))?;
    let position = log::reserve_position(connection, Topic::Rooms)?;
    let at = room.made_at;
    log::append(connection, &position, at, &RoomsEvent::Created(room).into(), appended)
}

fn room(row: &Row<'_>) -> rusqlite::Result<Room> {
    Ok(Room { id: RoomId(natural(row, 0)?), name: string(row, 1)? })
}
