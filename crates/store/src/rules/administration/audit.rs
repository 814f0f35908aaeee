//! The audit log.

use madang_hub::administration::{Actor, AuditFilter, RecordedAct};
use madang_hub::budgets::network::Network;
use madang_hub::ports::TopicEvent;
use madang_shared::administration::{
    AdministrationEvent, AuditAct, AuditEntry, AuditPage, AuditSource, PAGE_ADMINISTERED,
};
use madang_shared::{RoomId, Timestamp, Topic, User, UserId};

use crate::error::StatementError;
use crate::rules::log;
use crate::transaction::{Row, Transaction, values};

/// An entry to be appended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'r> {
    pub(crate) actor: Actor,
    pub(crate) at: Timestamp,
    /// The network from which the request came.
    pub(crate) network: Option<Network>,
    pub(crate) act: AuditAct,
    /// The user whom the act concerns.
    pub(crate) user: Option<UserId>,
    /// The room that the act concerns.
    pub(crate) room: Option<RoomId>,
    /// The invitation that the act concerns.
    pub(crate) invitation: Option<u64>,
    /// The change, in a few words.
    pub(crate) detail: &'r str,
    /// The reason that the actor gave.
    pub(crate) reason: &'r str,
}

/// Appends an entry to the audit log, and its event to the topic.
///
/// The topic orders all acts: an engine with several nodes locks its head, so the caller's `topics` lists
/// [`Topic::Administration`].
pub(crate) fn record(
    transaction: &dyn Transaction,
    record: &Record<'_>,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    let (source, actor) = match record.actor {
        Actor::User(user) => (AuditSource::User, Some(user)),
        Actor::CommandLine => (AuditSource::CommandLine, None),
        Actor::Server => (AuditSource::Server, None),
    };
    let position = log::reserve_position(transaction, Topic::Administration)?;
    let sql = "INSERT INTO audit_entries \
        (id, at, source, actor_id, act, user_id, room_id, invitation, detail, network, reason) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    transaction.execute(
        sql,
        &values![
            position.seq.0,
            record.at.0,
            source.name(),
            actor.map(|user| user.0),
            record.act.name(),
            record.user.map(|user| user.0),
            record.room.map(|room| room.0),
            record.invitation,
            record.detail,
            record.network.map(|network| network.to_string()),
            record.reason,
        ],
    )?;
    let entry = position.seq.0;
    let event = AdministrationEvent::Recorded { entry }.into();
    log::append(transaction, &position, record.at, &event, appended)?;
    Ok(RecordedAct { entry: Some(entry), erasure: None })
}

/// A page of the audit log.
pub(crate) fn page(
    transaction: &dyn Transaction,
    filter: &AuditFilter,
) -> Result<AuditPage, StatementError> {
    // The columns come first in each comparison, because PostgreSQL takes the type of a parameter from its first use.
    let sql = "SELECT audit_entries.id, audit_entries.at, source, actor_id, actors.name, act, \
        audit_entries.user_id, subjects.name, room_id, invitation, detail, network, reason \
        FROM audit_entries LEFT JOIN users AS actors ON actors.id = actor_id \
        LEFT JOIN users AS subjects ON subjects.id = audit_entries.user_id \
        WHERE audit_entries.id < ?1 AND (actor_id = ?2 OR ?2 = 0) \
        AND (audit_entries.user_id = ?3 OR ?3 = 0) AND (act = ?4 OR ?4 = '') \
        AND (instr(actors.name_key, ?5) > 0 OR instr(subjects.name_key, ?5) > 0 OR ?5 = '') \
        AND audit_entries.at >= ?6 AND audit_entries.at < ?7 \
        ORDER BY audit_entries.id DESC LIMIT ?8";
    // One row beyond the limit shows whether there are more.
    let limit = PAGE_ADMINISTERED as u64 + 1;
    let mut entries = transaction.all(
        sql,
        &values![
            filter.before.unwrap_or(u64::MAX),
            filter.actor.map_or(0, |user| user.0),
            filter.user.map_or(0, |user| user.0),
            filter.act.as_deref().unwrap_or_default(),
            filter.person_key,
            filter.from.map_or(0, |from| from.0),
            filter.until.map_or(u64::MAX, |until| until.0),
            limit
        ],
        entry,
    )?;
    let more = entries.len() > PAGE_ADMINISTERED;
    entries.truncate(PAGE_ADMINISTERED);
    Ok(AuditPage { entries, more })
}

fn entry(row: &Row<'_>) -> Result<AuditEntry, StatementError> {
    let user = |id: usize| -> Result<Option<User>, StatementError> {
        let found = row.optional_natural(id)?.map(UserId);
        Ok(found.map(|found| User { id: found, name: row.string(id + 1) }))
    };
    Ok(AuditEntry {
        id: row.natural(0)?,
        at: Timestamp(row.natural(1)?),
        source: row.string(2),
        actor: user(3)?,
        act: row.string(5),
        user: user(6)?,
        room: row.optional_natural(8)?.map(RoomId),
        invitation: row.optional_natural(9)?,
        detail: row.string(10),
        network: row.optional_string(11),
        reason: row.string(12),
    })
}
