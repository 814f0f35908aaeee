//! Leases: the work that one node does for all nodes.

use madang_hub::nodes::NodeId;
use madang_hub::ports::TopicEvent;
use madang_shared::Timestamp;

use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// A request for a lease.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeaseRequest {
    pub(crate) name: &'static str,
    pub(crate) holder: NodeId,
    pub(crate) now: Timestamp,
    pub(crate) duration_ms: u64,
}

pub(crate) fn acquire(
    transaction: &dyn Transaction,
    request: LeaseRequest,
    _appended: &mut Vec<TopicEvent>,
) -> Result<bool, StatementError> {
    let LeaseRequest { name, holder, now, duration_ms } = request;
    let sql = "INSERT INTO leases (name, holder, expires_at) VALUES (?1, ?2, ?3) \
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at \
        WHERE leases.holder = excluded.holder OR leases.expires_at <= ?4 \
        OR leases.expires_at > excluded.expires_at";
    let until = now.plus(duration_ms);
    Ok(transaction.execute(sql, &values![name, holder.0, until.0, now.0])? > 0)
}

pub(crate) fn release(
    transaction: &dyn Transaction,
    (name, holder): (&'static str, NodeId),
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    transaction.run("DELETE FROM leases WHERE name = ?1 AND holder = ?2", &values![name, holder.0])
}
