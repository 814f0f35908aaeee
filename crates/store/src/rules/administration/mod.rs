//! Administration: the acts of administrators, each with an entry in the audit log in the same transaction.

mod accounts;
pub(crate) mod audit;
mod invitations;
mod lists;
mod offers;
mod owners;
mod settings;

use madang_hub::administration::{ActRequest, Actor, AuditedEffect, RecordedAct};
use madang_hub::policy::rights::Need;
use madang_hub::ports::TopicEvent;
use madang_shared::administration::{AdministrationAct, AdministrationSnapshot, AuditAct};
use madang_shared::roles::Role;
use madang_shared::{Topic, UserId};

use super::{log, rights};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

pub(crate) use accounts::user_named;
pub(crate) use audit::page as audit_page;
pub(crate) use invitations::{accept, list as invitations};
pub(crate) use lists::{list_accounts, room_sizes};
pub(crate) use offers::{Claim, become_owner, find as offered_invitation, offer_ownership};
pub(crate) use owners::has_owner;
pub(crate) use settings::read as settings;

/// The entries of one answer to [`effects_after`].
const EFFECTS: u64 = 500;

/// Executes an act.
#[expect(clippy::needless_pass_by_value, reason = "an engine passes the input of a write by value")]
pub(crate) fn administer(
    transaction: &dyn Transaction,
    request: ActRequest,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    let actor = require_administrator(transaction, request.actor)?;
    match &request.act {
        AdministrationAct::SetRole { user, role } => {
            accounts::set_role(transaction, (&request, actor), *user, *role, appended)
        }
        AdministrationAct::Deactivate { user } => {
            accounts::deactivate(transaction, (&request, actor), *user, appended)
        }
        AdministrationAct::Reactivate { user } => {
            accounts::reactivate(transaction, (&request, actor), *user, appended)
        }
        AdministrationAct::Invite(invitation) => {
            invitations::invite(transaction, (&request, actor), invitation, appended)
        }
        AdministrationAct::RevokeInvitation { invitation } => {
            invitations::revoke(transaction, (&request, actor), *invitation, appended)
        }
        AdministrationAct::ChangeSettings(change) => {
            settings::change(transaction, &request, change, appended)
        }
    }
}

/// The role of an actor, which is at least administrator. The command line and the server act as an owner.
pub(crate) fn require_administrator(
    transaction: &dyn Transaction,
    actor: impl Into<Actor>,
) -> Result<Role, StatementError> {
    let Actor::User(user) = actor.into() else { return Ok(Role::Owner) };
    rights::require(transaction, user, Need::ADMINISTRATION)?;
    rights::role(transaction, user)
}

/// The state of the topic.
pub(super) fn snapshot(
    transaction: &dyn Transaction,
) -> Result<AdministrationSnapshot, StatementError> {
    Ok(AdministrationSnapshot { newest: log::head(transaction, Topic::Administration)?.0 })
}

/// The effects of the entries after one of them on a running server, and the number of the last entry that was read; a lesser
/// one if the log was replaced by one with fewer entries.
pub(crate) fn effects_after(
    transaction: &dyn Transaction,
    entry: u64,
) -> Result<(Vec<AuditedEffect>, u64), StatementError> {
    let sql = "SELECT id, act, user_id FROM audit_entries WHERE id > ?1 ORDER BY id LIMIT ?2";
    let head = log::head(transaction, Topic::Administration)?.0;
    let (mut effects, mut last) = (Vec::new(), entry.min(head));
    let rows = transaction.all(sql, &values![entry, EFFECTS], |row| {
        Ok((row.natural(0)?, row.string(1), row.optional_natural(2)?))
    })?;
    for (id, act, user) in rows {
        last = id;
        effects.extend(effect_of(AuditAct::parse(&act), user.map(UserId)));
    }
    Ok((effects, last))
}

/// The effect of an act. An act of a newer version may have changed the rights of its user.
fn effect_of(act: Option<AuditAct>, user: Option<UserId>) -> Option<AuditedEffect> {
    match (act, user) {
        (Some(AuditAct::ChangeSettings), _) => Some(AuditedEffect::Settings),
        (Some(AuditAct::Deactivate), Some(user)) => Some(AuditedEffect::Deactivated(user)),
        (_, user) => user.map(AuditedEffect::Rights),
    }
}
