//! Silences: users who may not write until a time, in a room or in the workspace.

use madang_hub::ports::TopicEvent;
use madang_shared::administration::AuditAct;
use madang_shared::frames::LogPosition;
use madang_shared::membership::MembershipEvent;
use madang_shared::moderation::Silence;
use madang_shared::{RoomId, Timestamp, Topic, UserId};

use super::{Origin, require_restrictable};
use crate::error::StatementError;
use crate::rules::{log, refusals};
use crate::transaction::{Transaction, values};

/// The room of a silence in the whole workspace.
const WORKSPACE: u64 = 0;

/// A silence to be set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SilenceChange {
    pub(crate) user: UserId,
    /// The room; none for the whole workspace.
    pub(crate) room: Option<RoomId>,
    /// The duration in milliseconds; 0 ends the silence.
    pub(crate) lasts_ms: u64,
}

/// Sets or ends a silence, and tells its user. Returns the position of the event and the number of the audit entry; none
/// if there was nothing to end.
pub(crate) fn set(
    transaction: &dyn Transaction,
    origin: Origin<'_>,
    SilenceChange { user, room, lasts_ms }: SilenceChange,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<(LogPosition, u64)>, StatementError> {
    require_restrictable(transaction, origin.actor, user)?;
    let place = room.map_or(WORKSPACE, |room| room.0);
    let sql = "DELETE FROM silences WHERE user_id = ?1 AND room_id = ?2 AND ends_at > ?3";
    let ended = transaction.execute(sql, &values![user.0, place, origin.at.0])?;
    if lasts_ms == 0 && ended == 0 {
        return Ok(None);
    }
    // Silences that have ended by themselves. They go with an event, because the state changes with events only.
    let sql = "DELETE FROM silences WHERE user_id = ?1 AND ends_at <= ?2";
    transaction.run(sql, &values![user.0, origin.at.0])?;
    let mut act = AuditAct::EndSilence;
    let mut detail = String::new();
    if lasts_ms > 0 {
        let until = origin.at.plus(lasts_ms);
        let sql =
            "INSERT INTO silences (user_id, room_id, ends_at, reason) VALUES (?1, ?2, ?3, ?4)";
        transaction.run(sql, &values![user.0, place, until.0, origin.reason])?;
        act = AuditAct::Silence;
        detail = super::until(Some(until));
    }
    let silenced = MembershipEvent::Silenced { silences: of_user(transaction, user)? };
    let position = log::find_next_position(transaction, Topic::Memberships(user))?;
    let position = position.ok_or_else(refusals::no_user)?;
    let at = log::append(transaction, &position, origin.at, &silenced.into(), appended)?;
    let recorded = origin.record(transaction, act, (Some(user), room), &detail, appended)?;
    Ok(Some((at, recorded.entry.unwrap_or_default())))
}

/// The silences of a user, also those whose end has passed.
pub(crate) fn of_user(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<Vec<Silence>, StatementError> {
    let sql = "SELECT room_id, ends_at, reason FROM silences WHERE user_id = ?1 ORDER BY room_id";
    transaction.all(sql, &values![user.0], |row| {
        let room = Some(row.natural(0)?).filter(|room| *room != WORKSPACE).map(RoomId);
        Ok(Silence { room, until: Timestamp(row.natural(1)?), reason: row.string(2) })
    })
}
