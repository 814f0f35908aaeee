//! The rights of users: reads the facts, and lets the hub decide.

use madang_hub::policy::rights::{self, Need, RoomFacts, UserFacts};
use madang_shared::roles::{Posting, Role, RoomKind, RoomRole};
use madang_shared::{Seq, Topic, UserId};

use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// Refuses a request of a user that lacks a right. The facts are those of the request's own transaction.
pub(crate) fn require(
    transaction: &dyn Transaction,
    user: UserId,
    need: Need,
) -> Result<(), StatementError> {
    facts(transaction, user, need).map(drop)
}

/// Refuses as [`require`]. Returns the facts about the room of the need.
fn facts(
    transaction: &dyn Transaction,
    user: UserId,
    need: Need,
) -> Result<Option<RoomFacts>, StatementError> {
    // One statement for both, because every command executes it. No room has the id 0.
    let sql = "SELECT users.role, users.deactivated_at, \
        rooms.kind, rooms.posting, rooms.archived_at, members.role, members.sees_after \
        FROM users LEFT JOIN rooms ON rooms.id = ?2 \
        LEFT JOIN members ON members.user_id = users.id AND members.room_id = rooms.id \
        WHERE users.id = ?1";
    let room = need.room().map_or(0, |room| room.0);
    let facts = transaction.optional(sql, &values![user.0, room], |row| {
        Ok((user_facts(user, row)?, room_facts(row)?))
    })?;
    let (user, room) = facts.ok_or_else(rights::no_user)?;
    rights::check(need, &user, room)?;
    Ok(room)
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
        let room = facts(transaction, user, Need::of_topic(topic))?;
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

fn user_facts(user: UserId, row: &Row<'_>) -> Result<UserFacts, StatementError> {
    Ok(UserFacts {
        user,
        role: Role::parse(&row.string(0)).unwrap_or(Role::Guest),
        is_deactivated: row.optional_integer(1)?.is_some(),
    })
}

/// The facts about a room; none if the row has no room.
fn room_facts(row: &Row<'_>) -> Result<Option<RoomFacts>, StatementError> {
    let Some(kind) = row.optional_string(2) else { return Ok(None) };
    Ok(Some(RoomFacts {
        kind: RoomKind::parse(&kind).unwrap_or(RoomKind::Private),
        posting: Posting::parse(&row.string(3)).unwrap_or(Posting::Managers),
        is_archived: row.optional_integer(4)?.is_some(),
        role: row.optional_string(5).map(|role| RoomRole::parse(&role).unwrap_or(RoomRole::Reader)),
        sees_after: Seq(row.optional_natural(6)?.unwrap_or(0)),
    }))
}
