//! The first owner, and the invitation as its invitee sees it.

use madang_hub::administration::no_invitation;
use madang_hub::ports::{TokenHash, TopicEvent};
use madang_shared::Timestamp;
use madang_shared::administration::OfferedInvitation;

use super::invitations::find_valid;
use super::owners::has_owner;
use super::settings;
use crate::error::StatementError;
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
