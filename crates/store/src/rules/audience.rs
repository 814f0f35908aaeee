//! The people who can see a room or a message: counts them by kind, and lets the hub decide.

use madang_hub::policy::audience::{PeopleOfAKind, Subject, audience, rule_of};
use madang_hub::policy::rights::{Need, RoomRight, no_room};
use madang_shared::room_access::RoomAccess;
use madang_shared::{RoomId, Seq, Timestamp, UserId};

use super::rights::{room_facts, user_facts};
use super::{refusals, rights, room_facts as rooms};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// The people by kind. Service accounts are no people.
const KINDS: &str = "SELECT users.role, min(users.deactivated_at), \
    rooms.kind, rooms.posting, rooms.archived_at, members.role, \
    CASE WHEN members.sees_after >= ?2 THEN ?2 ELSE 0 END, count(*) \
    FROM users JOIN rooms ON rooms.id = ?1 \
    LEFT JOIN members ON members.user_id = users.id AND members.room_id = rooms.id \
    WHERE NOT EXISTS (SELECT 1 FROM service_accounts WHERE service_accounts.user_id = users.id) \
    GROUP BY users.role, users.deactivated_at IS NULL, rooms.kind, rooms.posting, rooms.archived_at, \
    members.role, CASE WHEN members.sees_after >= ?2 THEN ?2 ELSE 0 END";

/// The people who can see a room, for a reader who may know of it, or a message, for a reader who can see it.
pub(crate) fn find(
    transaction: &dyn Transaction,
    reader: UserId,
    (room, message): (RoomId, Option<Seq>),
) -> Result<RoomAccess, StatementError> {
    let right = if message.is_some() { RoomRight::Read } else { RoomRight::Know };
    let (user, own) = rights::facts(transaction, reader, Need::Room(room, right))?;
    let own = own.ok_or_else(no_room)?;
    if let Some(message) = message {
        let sql = "SELECT 1 FROM messages WHERE room_id = ?1 AND seq = ?2 AND seq > ?3";
        if !transaction.exists(sql, &values![room.0, message.0, own.sees_after.0])? {
            return Err(refusals::no_message().into());
        }
    }
    let history = rooms::find(transaction, room)?.history;
    let subject = Subject { room, message, history };
    // Without a message nobody joined too late for it; no message has the number 0.
    let seq = message.map_or(u64::from(u32::MAX), |message| message.0);
    let kinds = transaction.all(KINDS, &values![room.0, seq], |row| {
        let room = room_facts(row)?.ok_or_else(StatementError::missing_row)?;
        Ok(PeopleOfAKind { user: user_facts(UserId(0), row)?, room, people: row.natural(7)? })
    })?;
    let sql = "SELECT joined_at FROM members WHERE user_id = ?1 AND room_id = ?2";
    let since = transaction
        .optional(sql, &values![reader.0, room.0], |row| row.optional_natural(0))?
        .flatten();
    Ok(RoomAccess {
        own: rule_of(subject, &user, own),
        since: since.map(Timestamp),
        groups: audience(subject, &kinds, user.role),
    })
}
