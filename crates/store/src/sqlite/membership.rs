//! Memberships: the rooms that a user has joined, with read marks and muted rooms.

use madang_hub::ports::TopicEvent;
use madang_shared::frames::LogPosition;
use madang_shared::membership::MembershipCommand;
use madang_shared::membership::{
    MAX_COUNTED_UNREAD, MAX_JOINED_ROOMS, MAX_UNREAD_SCAN, Membership, MembershipEvent,
    MembershipSnapshot,
};
use madang_shared::{RoomId, Seq, Timestamp, Topic, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::error::StatementError;
use super::values::{integer, natural};
use super::{details_events, log};
use crate::context::CommandContext;
use crate::refusals;

/// The memberships of a user (`?1`) with unread counts. The index makes the count independent of the
/// length of the texts, and two limits (`?2`, `?3`) make it independent of their number.
macro_rules! memberships {
    () => {
        "SELECT members.room_id, members.read_up_to, topics.head, \
            (SELECT count(*) FROM (SELECT 1 FROM ( \
                SELECT author_id FROM messages INDEXED BY messages_unread \
                    WHERE messages.room_id = members.room_id \
                    AND messages.seq > members.read_up_to \
                    ORDER BY messages.seq LIMIT ?2) \
                WHERE author_id <> members.user_id LIMIT ?3)) \
        FROM members JOIN topics ON topics.name = 'room:' || members.room_id \
        WHERE members.user_id = ?1"
    };
}

pub(super) fn apply(
    connection: &Connection,
    context: &CommandContext,
    change: MembershipCommand,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let (user, at) = (context.author.id, context.at);
    let (MembershipCommand::Join { room }
    | MembershipCommand::Leave { room }
    | MembershipCommand::Read { room, .. }
    | MembershipCommand::Mute { room, .. }) = change;
    if !room_exists(connection, room)? {
        return Err(refusals::no_room().into());
    }
    let mark = read_mark(connection, user, room)?;
    match (change, mark) {
        (MembershipCommand::Join { .. }, Some(_)) | (MembershipCommand::Leave { .. }, None) => {
            Ok(None)
        }
        (MembershipCommand::Join { .. }, None) => {
            join(connection, user, room, at, appended).map(Some)
        }
        (MembershipCommand::Leave { .. }, Some(_)) => {
            let sql = "INSERT INTO departures (room_id, user_id, at, joined_after, left_after) \
                SELECT room_id, user_id, ?3, joined_after, ?4 FROM members \
                WHERE user_id = ?1 AND room_id = ?2";
            let head = log::head(connection, Topic::Room(room))?;
            connection.prepare_cached(sql)?.execute((
                integer(user.0),
                integer(room.0),
                integer(at.0),
                integer(head.0),
            ))?;
            let sql = "DELETE FROM members WHERE user_id = ?1 AND room_id = ?2";
            connection.prepare_cached(sql)?.execute((integer(user.0), integer(room.0)))?;
            let position = append(connection, user, at, MembershipEvent::Left { room }, appended)?;
            details_events::append_left(connection, user, room, at, appended)?;
            Ok(Some(position))
        }
        (MembershipCommand::Read { .. } | MembershipCommand::Mute { .. }, None) => {
            Err(refusals::not_member().into())
        }
        (MembershipCommand::Mute { muted, .. }, Some(_)) => {
            let sql = "UPDATE members SET muted = ?3 \
                WHERE user_id = ?1 AND room_id = ?2 AND muted <> ?3";
            let changed = connection.prepare_cached(sql)?.execute((
                integer(user.0),
                integer(room.0),
                muted,
            ))?;
            if changed == 0 {
                return Ok(None);
            }
            append(connection, user, at, MembershipEvent::Muted { room, muted }, appended).map(Some)
        }
        (MembershipCommand::Read { up_to, .. }, Some(mark)) => {
            let up_to = up_to.min(log::head(connection, Topic::Room(room))?);
            if up_to <= mark {
                return Ok(None);
            }
            let sql = "UPDATE members SET read_up_to = ?3 WHERE user_id = ?1 AND room_id = ?2";
            connection.prepare_cached(sql)?.execute((
                integer(user.0),
                integer(room.0),
                integer(up_to.0),
            ))?;
            let membership = find(connection, user, room)?;
            append(connection, user, at, MembershipEvent::Read(membership), appended).map(Some)
        }
    }
}

/// Joins a user to an existing room. The user must not be a member yet.
pub(super) fn join(
    connection: &Connection,
    user: UserId,
    room: RoomId,
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let sql = "SELECT count(*) FROM members WHERE user_id = ?1";
    let joined =
        connection.prepare_cached(sql)?.query_row([integer(user.0)], |row| natural(row, 0))?;
    if joined >= MAX_JOINED_ROOMS {
        return Err(refusals::too_many_rooms_joined().into());
    }
    let head = log::head(connection, Topic::Room(room))?;
    let sql = "DELETE FROM departures WHERE room_id = ?1 AND user_id = ?2";
    connection.prepare_cached(sql)?.execute((integer(room.0), integer(user.0)))?;
    let sql = "INSERT INTO members (user_id, room_id, read_up_to, joined_after, joined_at) \
        VALUES (?1, ?2, ?3, ?3, ?4)";
    connection.prepare_cached(sql)?.execute((
        integer(user.0),
        integer(room.0),
        integer(head.0),
        integer(at.0),
    ))?;
    let membership = Membership { room, read_up_to: head, unread: 0, head };
    let joined = MembershipEvent::Joined(membership);
    let position = append(connection, user, at, joined, appended)?;
    details_events::append_joined(connection, user, room, head, at, appended)?;
    Ok(position)
}

pub(super) fn is_member(
    connection: &Connection,
    user: UserId,
    room: RoomId,
) -> Result<bool, StatementError> {
    Ok(read_mark(connection, user, room)?.is_some())
}

/// Refuses a user who has not joined the room.
pub(super) fn require_member(
    connection: &Connection,
    user: UserId,
    room: RoomId,
) -> Result<(), StatementError> {
    if is_member(connection, user, room)? {
        Ok(())
    } else if room_exists(connection, room)? {
        Err(refusals::not_member().into())
    } else {
        Err(refusals::no_room().into())
    }
}

pub(super) fn snapshot(
    connection: &Connection,
    user: UserId,
) -> rusqlite::Result<MembershipSnapshot> {
    let sql = concat!(memberships!(), " ORDER BY members.room_id");
    let mut statement = connection.prepare_cached(sql)?;
    let parameters = (integer(user.0), integer(MAX_UNREAD_SCAN), integer(MAX_COUNTED_UNREAD));
    let memberships = statement.query_map(parameters, read)?.collect::<Result<_, _>>()?;
    let sql = "SELECT room_id FROM members WHERE user_id = ?1 AND muted = 1 ORDER BY room_id";
    let mut statement = connection.prepare_cached(sql)?;
    let muted = statement.query_map([integer(user.0)], |row| Ok(RoomId(natural(row, 0)?)))?;
    Ok(MembershipSnapshot { memberships, muted: muted.collect::<Result<_, _>>()? })
}

/// The membership of a member.
pub(super) fn find(
    connection: &Connection,
    user: UserId,
    room: RoomId,
) -> rusqlite::Result<Membership> {
    let sql = concat!(memberships!(), " AND members.room_id = ?4");
    let (scan, counted) = (integer(MAX_UNREAD_SCAN), integer(MAX_COUNTED_UNREAD));
    let parameters = (integer(user.0), scan, counted, integer(room.0));
    connection.prepare_cached(sql)?.query_row(parameters, read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Membership> {
    Ok(Membership {
        room: RoomId(natural(row, 0)?),
        read_up_to: Seq(natural(row, 1)?),
        head: Seq(natural(row, 2)?),
        unread: natural(row, 3)?,
    })
}

fn room_exists(connection: &Connection, room: RoomId) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM rooms WHERE id = ?1")?.exists([integer(room.0)])
}

fn read_mark(connection: &Connection, user: UserId, room: RoomId) -> rusqlite::Result<Option<Seq>> {
    let sql = "SELECT read_up_to FROM members WHERE user_id = ?1 AND room_id = ?2";
    connection
        .prepare_cached(sql)?
        .query_row((integer(user.0), integer(room.0)), |row| Ok(Seq(natural(row, 0)?)))
        .optional()
}

fn append(
    connection: &Connection,
    user: UserId,
    at: Timestamp,
    event: MembershipEvent,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let position = log::reserve_position(connection, Topic::Memberships(user)).map_err(
        |error| match error {
            // The topic was created with its user, so the user does not exist.
            rusqlite::Error::QueryReturnedNoRows => refusals::no_user().into(),
            error => StatementError::from(error),
        },
    )?;
    Ok(log::append(connection, &position, at, &event.into(), appended)?)
}
