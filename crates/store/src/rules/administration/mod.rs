//! Administration: the acts of administrators, each with an entry in the audit log in the same transaction.

pub(super) mod accounts;
pub(crate) mod audit;
mod invitations;
mod lists;
mod offers;
mod owners;
mod settings;
mod storage;
mod user_grants;

use madang_hub::administration::{ActRequest, Actor, AuditedEffect, RecordedAct};
use madang_hub::policy::rights::Need;
use madang_hub::ports::TopicEvent;
use madang_shared::administration::{AdministrationAct, AdministrationSnapshot, AuditAct};
use madang_shared::roles::Role;
use madang_shared::{Topic, UserId};

use super::moderation::silences::{self, SilenceChange};
use super::moderation::{self, Origin, bans};
use super::{log, rights};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

pub(crate) use accounts::{sessions_of, user_named};
pub(crate) use audit::page as audit_page;
pub(crate) use invitations::{accept, list as invitations};
pub(crate) use lists::{list_accounts, room_sizes};
pub(crate) use offers::{find as offered_invitation, offer_ownership};
pub(crate) use owners::has_owner;
pub(crate) use settings::read as settings;
pub(crate) use storage::{database_size, report as storage_report};

/// The entries of one answer to [`effects_after`].
const EFFECTS: u64 = 500;

/// Executes an act.
#[expect(clippy::needless_pass_by_value, reason = "an engine passes the input of a write by value")]
pub(crate) fn administer(
    transaction: &dyn Transaction,
    request: ActRequest,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    let actor = match (&request.act, request.actor) {
        // Everybody may erase the own account.
        (AdministrationAct::Erase { user, .. }, Actor::User(actor)) if *user == actor => {
            rights::require(transaction, actor, Need::Account)?;
            rights::role(transaction, actor)?
        }
        _ => require_administrator(transaction, request.actor)?,
    };
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
        AdministrationAct::SetGrant { user, grant, is_given } => {
            user_grants::set(transaction, (&request, actor), (*user, *grant, *is_given), appended)
        }
        AdministrationAct::EndSessions { user, session: _ } => {
            accounts::end_sessions(transaction, (&request, actor), *user, appended)
        }
        AdministrationAct::Erase { user, name } => {
            accounts::erase(transaction, (&request, actor), (*user, name), appended)
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
        AdministrationAct::Silence { user, lasts_ms } => {
            let change = SilenceChange { user: *user, room: None, lasts_ms: *lasts_ms };
            let set = silences::set(transaction, origin(&request), change, appended)?;
            Ok(RecordedAct { entry: set.map(|(_at, entry)| entry), erasure: None })
        }
        AdministrationAct::Ban { user, lasts_ms } => {
            bans::ban(transaction, origin(&request), (*user, *lasts_ms), appended)
        }
        AdministrationAct::EndBan { user } => {
            bans::end(transaction, origin(&request), *user, appended)
        }
        AdministrationAct::BanAddress { network, lasts_ms } => {
            moderation::ban_address(transaction, origin(&request), (network, *lasts_ms), appended)
        }
        AdministrationAct::EndAddressBan { network } => {
            moderation::end_address_ban(transaction, origin(&request), network, appended)
        }
    }
}

fn origin(request: &ActRequest) -> Origin<'_> {
    let ActRequest { actor, at, network, .. } = *request;
    Origin { actor, at, network, reason: &request.reason }
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
        (Some(AuditAct::Erase), Some(user)) => Some(AuditedEffect::Erased(user)),
        (Some(AuditAct::Deactivate), Some(user)) => Some(AuditedEffect::Deactivated(user)),
        (Some(AuditAct::EndSessions), Some(user)) => Some(AuditedEffect::SessionsEnded(user)),
        (Some(AuditAct::BanAddress | AuditAct::EndAddressBan), _) => {
            Some(AuditedEffect::AddressBans)
        }
        (Some(AuditAct::Ban), Some(user)) => Some(AuditedEffect::Banned(user)),
        // The events of these acts, and the checks of later requests, have their effects.
        (
            Some(
                AuditAct::DeleteMessage
                | AuditAct::Silence
                | AuditAct::EndSilence
                | AuditAct::EndBan
                | AuditAct::RemoveMember
                | AuditAct::SetRoomRole
                | AuditAct::InviteToRoom
                | AuditAct::ChangeRoom
                | AuditAct::DeleteRoom
                | AuditAct::Report
                | AuditAct::DecideReport,
            ),
            _,
        ) => None,
        (_, user) => user.map(AuditedEffect::Rights),
    }
}
