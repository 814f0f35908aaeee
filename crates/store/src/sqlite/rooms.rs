//! The directory of rooms.

use madang_hub::policy;
use madang_hub::ports::TopicEvent;
use madang_hub::rooms::RoomsChange;
use madang_hub::rooms::{FIRST_ROOM, FIRST_ROOM_NAME};
use madang_shared::frames::LogPosition;
use madang_shared::rooms::{CreatedRoom, MAX_ROOMS, Room, RoomsEvent, RoomsSnapshot};
use madang_shared::{RoomId, Timestamp, Topic};
use rusqlite::{Connection, OptionalExtension, Row};

use super::error::StatementError;
use super::skeletons::NameTable;
use super::values::{integer, natural, string};
use super::{log, membership};
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
    let RoomsChange::Create { name, name_key } = change;
    let count = "SELECT count(*) FROM rooms";
    let rooms = connection.prepare_cached(count)?.query_row([], |row| natural(row, 0))?;
    if rooms >= MAX_ROOMS {
        return Err(refusals::too_many_rooms().into());
    }
    if NameTable::Rooms.has_look_alike(connection, &name, &name_key)? {
        return Err(refusals::room_name_looks_taken(&name).into());
    }
    let sql = "INSERT INTO rooms (name, name_key, made_by, made_at) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT (name_key) DO NOTHING RETURNING id";
    let id = connection
        .prepare_cached(sql)?
        .query_row((&name, &name_key, integer(context.author.id.0), integer(context.at.0)), |row| {
            natural(row, 0)
        })
        .optional()?;
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
    Ok(Some(position))
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
    let position = log::reserve_position(connection, Topic::Rooms)?;
    let at = room.made_at;
    log::append(connection, &position, at, &RoomsEvent::Created(room).into(), appended)
}

fn room(row: &Row<'_>) -> rusqlite::Result<Room> {
    Ok(Room { id: RoomId(natural(row, 0)?), name: string(row, 1)? })
}
