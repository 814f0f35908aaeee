//! The first owner, and the invitation as its invitee sees it.

use madang_hub::administration::{Actor, RecordedAct, no_invitation};
use madang_hub::budgets::network::Network;
use madang_hub::policy::rights::Need;
use madang_hub::ports::{TokenHash, TopicEvent};
use madang_shared::administration::{AuditAct, OfferedInvitation};
use madang_shared::roles::Role;
use madang_shared::{ErrorCode, Failure, Timestamp, UserId};

use super::audit::{Record, record};
use super::invitations::find_valid;
use super::owners::has_owner;
use super::settings;
use crate::error::StatementError;
use crate::rules::rights;
use crate::transaction::{Transaction, values};

/// Stores the invitation of the first owner, unless it is stored or there is an owner.
pub(crate) fn offer_ownership(
    transaction: &dyn Transaction,
    (token, now): (TokenHash, Timestamp),
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    if has_owner(transaction)? {
        return Ok(());
    }
    let sql = "INSERT INTO invitations (token_hash, role, uses, made_at, is_setup) \
        VALUES (?1, 'owner', 1, ?2, 1) ON CONFLICT (token_hash) DO NOTHING";
    transaction.execute(sql, &values![token, now.0])?;
    Ok(())
}

/// The request of a user to become the first owner.
pub(crate) type Claim = (UserId, Option<Network>, Timestamp);

/// Makes a user the first owner.
pub(crate) fn become_owner(
    transaction: &dyn Transaction,
    (user, network, at): Claim,
    appended: &mut Vec<TopicEvent>,
) -> Result<RecordedAct, StatementError> {
    rights::require(transaction, user, Need::Account)?;
    if has_owner(transaction)? {
        let message = "This workspace has an owner; ask the owner for a role.";
        return Err(Failure::new(ErrorCode::Forbidden, message).into());
    }
    let sql = "UPDATE users SET role = ?2 WHERE id = ?1";
    transaction.execute(sql, &values![user.0, Role::Owner.name()])?;
    let entry = Record {
        actor: Actor::User(user),
        at,
        network,
        act: AuditAct::BecomeOwner,
        user: Some(user),
        room: None,
        invitation: None,
        detail: "",
        reason: "",
    };
    record(transaction, &entry, appended)
}

/// The invitation with a token, as its invitee sees it. The name of the workspace is that of its settings; the caller
/// adds that of the configuration.
pub(crate) fn find(
    transaction: &dyn Transaction,
    token: &TokenHash,
    now: Timestamp,
) -> Result<OfferedInvitation, StatementError> {
    let invitation = find_valid(transaction, token, now)?;
    if !invitation.is_open() {
        return Err(no_invitation().into());
    }
    Ok(OfferedInvitation {
        workspace: settings::read(transaction)?.name,
        invited_by: invitation.invited_by,
        role: invitation.role,
    })
}
