//! The rights of users: reads the facts, and lets the hub decide.

use madang_hub::features::{self, Change};
use madang_hub::policy::restrictions;
use madang_hub::policy::rights::{self, Need, RoomFacts, UserFacts};
use madang_shared::grants::Grants;
use madang_shared::moderation::Silence;
use madang_shared::roles::{Posting, Role, RoomKind, RoomRole};
use madang_shared::{RoomId, Seq, Timestamp, Topic, UserId};

use super::grants;
use super::moderation::bans;
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// The facts about a user (`?1`) and a room (`?2`), with further columns and joins. No room has the id 0.
macro_rules! facts_sql {
    ($columns:literal, $joins:literal) => {
        concat!(
            "SELECT users.role, users.deactivated_at, \
            rooms.kind, rooms.posting, rooms.archived_at, members.role, members.sees_after",
            $columns,
            " FROM users LEFT JOIN rooms ON rooms.id = ?2 \
            LEFT JOIN members ON members.user_id = users.id AND members.room_id = rooms.id",
            $joins,
            " WHERE users.id = ?1"
        )
    };
}

/// Refuses a change of a user that lacks a right, is banned, or is silenced where the change writes. The facts are those
/// of the change's own transaction.
pub(crate) fn require_change(
    transaction: &dyn Transaction,
    user: UserId,
    change: &Change,
    now: Timestamp,
) -> Result<(), StatementError> {
    // One statement for everything, because every command executes it. A silence of the workspace has the room 0.
    let sql = facts_sql!(
        ", account_bans.ends_at, account_bans.reason, \
        everywhere.ends_at, everywhere.reason, there.ends_at, there.reason",
        " LEFT JOIN account_bans ON account_bans.user_id = users.id \
        LEFT JOIN silences AS everywhere ON everywhere.user_id = users.id AND everywhere.room_id = 0 \
        LEFT JOIN silences AS there ON there.user_id = users.id AND there.room_id = rooms.id"
    );
    let need = features::change_needs(change);
    let room = need.room().map_or(0, |room| room.0);
    let facts = transaction.optional(sql, &values![user.0, room], |row| {
        let silences = [silence(row, 9, None)?, silence(row, 11, need.room())?];
        Ok((user_facts(user, row)?, room_facts(row)?, bans::read(row, 7)?, silences))
    })?;
    let (mut user, room, ban, silences) = facts.ok_or_else(rights::no_user)?;
    restrictions::check_ban(ban.as_ref(), now)?;
    if need.is_of_grants() {
        user.grants = grants::of_user(transaction, user.user)?;
    }
    rights::check(need, &user, room)?;
    if features::is_speech(change) {
        let silences: Vec<Silence> = silences.into_iter().flatten().collect();
        restrictions::check_speech(&silences, now)?;
    }
    Ok(())
}

fn silence(
    row: &Row<'_>,
    column: usize,
    room: Option<RoomId>,
) -> Result<Option<Silence>, StatementError> {
    let until = row.optional_natural(column)?.map(Timestamp);
    Ok(until.map(|until| Silence { room, until, reason: row.string(column + 1) }))
}

/// Refuses a request of a user that lacks a right. The facts are those of the request's own transaction.
pub(crate) fn require(
    transaction: &dyn Transaction,
    user: UserId,
    need: Need,
) -> Result<(), StatementError> {
    facts(transaction, user, need).map(drop)
}

/// Refuses as [`require`]. Returns the facts about the user, and about the room of the need.
pub(super) fn facts(
    transaction: &dyn Transaction,
    user: UserId,
    need: Need,
) -> Result<(UserFacts, Option<RoomFacts>), StatementError> {
    let sql = facts_sql!("", "");
    let room = need.room().map_or(0, |room| room.0);
    let facts = transaction.optional(sql, &values![user.0, room], |row| {
        Ok((user_facts(user, row)?, room_facts(row)?))
    })?;
    let (mut user, room) = facts.ok_or_else(rights::no_user)?;
    if need.is_of_grants() {
        user.grants = grants::of_user(transaction, user.user)?;
    }
    rights::check(need, &user, room)?;
    Ok((user, room))
}

/// The facts about a user.
pub(crate) fn user_facts_of(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<UserFacts, StatementError> {
    let sql = "SELECT role, deactivated_at FROM users WHERE id = ?1";
    let facts = transaction.optional(sql, &values![user.0], |row| user_facts(user, row))?;
    Ok(facts.ok_or_else(rights::no_user)?)
}

/// The facts that decide about the reports of a room: its kind and the role of the reader, in these columns.
pub(crate) fn report_room(row: &Row<'_>, kind: usize, role: usize) -> RoomFacts {
    RoomFacts {
        kind: RoomKind::parse(&row.string(kind)).unwrap_or(RoomKind::Private),
        posting: Posting::Managers,
        is_archived: false,
        role: row
            .optional_string(role)
            .map(|role| RoomRole::parse(&role).unwrap_or(RoomRole::Reader)),
        sees_after: Seq(0),
    }
}

/// The role of a user in the workspace.
pub(crate) fn role(transaction: &dyn Transaction, user: UserId) -> Result<Role, StatementError> {
    let sql = "SELECT role FROM users WHERE id = ?1";
    let role =
        transaction.optional(sql, &values![user.0], |row| Ok(Role::parse(&row.string(0))))?;
    Ok(role.ok_or_else(rights::no_user)?.unwrap_or(Role::Guest))
}

/// Refuses a user who may not follow a topic. The server itself may, if the room of the topic exists. Returns the event of
/// the topic after which the user sees it.
pub(crate) fn require_topic(
    transaction: &dyn Transaction,
    user: UserId,
    topic: Topic,
) -> Result<Seq, StatementError> {
    if user != rights::SERVER {
        let (_, room) = facts(transaction, user, Need::of_topic(topic))?;
        let sees_after = room.map_or(Seq(0), |room| room.sees_after);
        return Ok(if matches!(topic, Topic::Room(_)) { sees_after } else { Seq(0) });
    }
    let Some(room) = topic.room() else { return Ok(Seq(0)) };
    if transaction.exists("SELECT 1 FROM rooms WHERE id = ?1", &values![room.0])? {
        Ok(Seq(0))
    } else {
        Err(rights::no_room().into())
    }
}

// A name that this version does not know was written by a newer one, or by another program. It stands for the least
// rights.

pub(super) fn user_facts(user: UserId, row: &Row<'_>) -> Result<UserFacts, StatementError> {
    Ok(UserFacts {
        user,
        role: Role::parse(&row.string(0)).unwrap_or(Role::Guest),
        is_deactivated: row.optional_integer(1)?.is_some(),
        grants: Grants::default(),
    })
}

/// The facts about a room; none if the row has no room.
pub(super) fn room_facts(row: &Row<'_>) -> Result<Option<RoomFacts>, StatementError> {
    let Some(kind) = row.optional_string(2) else { return Ok(None) };
    Ok(Some(RoomFacts {
        kind: RoomKind::parse(&kind).unwrap_or(RoomKind::Private),
        posting: Posting::parse(&row.string(3)).unwrap_or(Posting::Managers),
        is_archived: row.optional_integer(4)?.is_some(),
        role: row.optional_string(5).map(|role| RoomRole::parse(&role).unwrap_or(RoomRole::Reader)),
        sees_after: Seq(row.optional_natural(6)?.unwrap_or(0)),
    }))
}
