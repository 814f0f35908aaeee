//! The directory of rooms.

use madang_hub::policy;
use madang_hub::ports::TopicEvent;
use madang_hub::rooms::{FIRST_ROOM, FIRST_ROOM_NAME, RoomsChange};
use madang_shared::frames::LogPosition;
use madang_shared::rooms::MAX_ROOMS;
use madang_shared::rooms::{Room, RoomsEvent, RoomsSnapshot};
use madang_shared::{RoomId, Timestamp, Topic, User, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::commands::Order;
use super::stop::{Stop, integer, natural};
use super::{log, membership};
use crate::refusals;

/// Makes the room that every server starts with, unless this database has been through that.
pub(super) fn found(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "SELECT EXISTS (SELECT 1 FROM topics WHERE name = ?1)";
    if connection.query_row(sql, [Topic::Rooms.to_string()], |row| row.get(0))? {
        return Ok(());
    }
    log::make_topic(connection, Topic::Rooms)?;
    let room =
        Room { id: FIRST_ROOM, name: FIRST_ROOM_NAME.to_owned(), made_by: None, made_at: now };
    connection.execute(
        "INSERT INTO rooms (id, name, name_key, made_at) VALUES (?1, ?2, ?3, ?4)",
        (integer(room.id.0), &room.name, policy::name_key(&room.name), integer(now.0)),
    )?;
    // Nobody can have subscribed yet, so that the tail need not hear of it.
    announce(connection, room, &mut Vec::new())?;
    Ok(())
}

pub(super) fn apply(
    connection: &Connection,
    order: &Order,
    change: RoomsChange,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Stop> {
    let RoomsChange::Create { name, name_key } = change;
    let count = "SELECT count(*) FROM rooms";
    let rooms = connection.prepare_cached(count)?.query_row([], |row| natural(row, 0))?;
    if rooms >= MAX_ROOMS {
        return Err(refusals::too_many_rooms().into());
    }
    let sql = "INSERT INTO rooms (name, name_key, made_by, made_at) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT (name_key) DO NOTHING RETURNING id";
    let id = connection
        .prepare_cached(sql)?
        .query_row((&name, &name_key, integer(order.author.id.0), integer(order.at.0)), |row| {
            natural(row, 0)
        })
        .optional()?;
    let Some(id) = id.map(RoomId) else {
        return Err(refusals::room_name_taken(&name).into());
    };
    let made_by = Some(order.author.clone());
    let placed = announce(connection, Room { id, name, made_by, made_at: order.at }, appended)?;
    membership::join(connection, order.author.id, id, order.at, appended)?;
    Ok(Some(placed))
}

pub(super) fn snapshot(connection: &Connection) -> rusqlite::Result<RoomsSnapshot> {
    let sql = "SELECT rooms.id, rooms.name, rooms.made_at, users.id, users.name \
        FROM rooms LEFT JOIN users ON users.id = rooms.made_by ORDER BY rooms.id";
    let mut statement = connection.prepare_cached(sql)?;
    let rooms = statement.query_map([], room)?.collect::<Result<_, _>>()?;
    Ok(RoomsSnapshot { rooms })
}

pub(super) fn exists(connection: &Connection, room: RoomId) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM rooms WHERE id = ?1")?.exists([integer(room.0)])
}

fn announce(
    connection: &Connection,
    room: Room,
    appended: &mut Vec<TopicEvent>,
) -> rusqlite::Result<LogPosition> {
    log::make_topic(connection, Topic::Room(room.id))?;
    let place = log::next_place(connection, Topic::Rooms)?;
    let at = room.made_at;
    log::append(connection, &place, at, &RoomsEvent::Created(room).into(), appended)
}

fn room(row: &Row<'_>) -> rusqlite::Result<Room> {
    let maker: Option<String> = row.get(4)?;
    let made_by = match maker {
        Some(name) => Some(User { id: UserId(natural(row, 3)?), name }),
        None => None,
    };
    Ok(Room {
        id: RoomId(natural(row, 0)?),
        name: row.get(1)?,
        made_by,
        made_at: Timestamp(natural(row, 2)?),
    })
}
