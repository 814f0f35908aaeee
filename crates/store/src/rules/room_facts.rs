//! The facts of rooms, as their members know them.

use std::collections::HashMap;

use madang_hub::policy::rights::no_room;
use madang_hub::ports::TopicEvent;
use madang_shared::chat::ChatEvent;
use madang_shared::frames::LogPosition;
use madang_shared::roles::{History, Posting, RoomKind};
use madang_shared::rooms::Room;
use madang_shared::{RoomId, Seq, Topic, User, UserId};

use super::context::CommandContext;
use super::log;
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// The columns that [`read`] reads, from the first one on.
macro_rules! columns {
    () => {
        "rooms.id, rooms.name, rooms.kind, rooms.posting, rooms.history, rooms.archived_at, \
        rooms.is_default, rooms.revision"
    };
}

pub(super) use columns;

/// The facts of a room.
pub(super) fn find(transaction: &dyn Transaction, room: RoomId) -> Result<Room, StatementError> {
    let sql = concat!("SELECT ", columns!(), " FROM rooms WHERE id = ?1");
    let mut found = transaction.optional(sql, &values![room.0], read)?.ok_or_else(no_room)?;
    if found.kind == RoomKind::Direct {
        let sql = "SELECT users.id, users.name FROM members \
            JOIN users ON users.id = members.user_id WHERE room_id = ?1 ORDER BY users.id";
        found.people = transaction.all(sql, &values![room.0], |row| person(row, 0))?;
    }
    Ok(found)
}

/// The facts of the rooms that a user has joined, by id.
pub(super) fn of_member(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<Vec<Room>, StatementError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM members JOIN rooms ON rooms.id = members.room_id \
        WHERE members.user_id = ?1 ORDER BY rooms.id"
    );
    let mut rooms = transaction.all(sql, &values![user.0], read)?;
    if rooms.iter().any(|room| room.kind == RoomKind::Direct) {
        let sql = "SELECT rooms.id, users.id, users.name FROM members AS own \
            JOIN rooms ON rooms.id = own.room_id AND rooms.kind = 'direct' \
            JOIN members ON members.room_id = rooms.id \
            JOIN users ON users.id = members.user_id \
            WHERE own.user_id = ?1 ORDER BY rooms.id, users.id";
        let mut people: HashMap<u64, Vec<User>> = HashMap::new();
        for (room, user) in
            transaction.all(sql, &values![user.0], |row| Ok((row.natural(0)?, person(row, 1)?)))?
        {
            people.entry(room).or_default().push(user);
        }
        for room in &mut rooms {
            room.people = people.remove(&room.id.0).unwrap_or_default();
        }
    }
    Ok(rooms)
}

/// Appends the event of changed facts, and records their revision.
pub(super) fn append_change(
    transaction: &dyn Transaction,
    context: &CommandContext,
    room: RoomId,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let position = log::reserve_position(transaction, Topic::Room(room))?;
    let sql = "UPDATE rooms SET revision = ?2 WHERE id = ?1";
    transaction.execute(sql, &values![room.0, position.seq.0])?;
    let room = find(transaction, room)?;
    let event = ChatEvent::RoomChanged { room, by: context.author.clone() };
    log::append(transaction, &position, context.at, &event.into(), appended)
}

/// Reads the columns of `columns!`. An unknown name of another program stands for the least rights.
pub(super) fn read(row: &Row<'_>) -> Result<Room, StatementError> {
    Ok(Room {
        id: RoomId(row.natural(0)?),
        name: row.string(1),
        kind: RoomKind::parse(&row.string(2)).unwrap_or(RoomKind::Private),
        posting: Posting::parse(&row.string(3)).unwrap_or(Posting::Managers),
        history: History::parse(&row.string(4)).unwrap_or(History::Joined),
        archived: row.optional_integer(5)?.is_some(),
        is_default: row.integer(6)? != 0,
        people: Vec::new(),
        revision: Seq(row.natural(7)?),
    })
}

fn person(row: &Row<'_>, column: usize) -> Result<User, StatementError> {
    Ok(User { id: UserId(row.natural(column)?), name: row.string(column + 1) })
}
