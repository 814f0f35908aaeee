//! Passkeys.

use madang_hub::accounts::{SignInProof, StartedSession};
use madang_hub::factors::{
    ListedPasskey, MAX_PASSKEYS, PasskeyFacts, PasskeyOwnerFacts, PasskeyRecord, PasskeyUse,
    VerifiedPasskey,
};
use madang_hub::policy::rights::Need;
use madang_hub::ports::TopicEvent;
use madang_shared::account::SignInMethod;
use madang_shared::{Timestamp, User, UserId};

use crate::error::StatementError;
use crate::rules::accounts::sessions;
use crate::rules::{refusals, rights};
use crate::transaction::{Transaction, values};

/// The passkeys of a user, the oldest first.
pub(super) fn list(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<Vec<ListedPasskey>, StatementError> {
    let sql = "SELECT id, name, made_at, used_at FROM passkeys WHERE user_id = ?1 ORDER BY id";
    transaction.all(sql, &values![user.0], |row| {
        Ok(ListedPasskey {
            id: row.natural(0)?,
            name: row.string(1),
            made_at: Timestamp(row.natural(2)?),
            used_at: row.optional_natural(3)?.map(Timestamp),
        })
    })
}

/// The facts for a registration.
pub(crate) fn owner(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<PasskeyOwnerFacts, StatementError> {
    rights::require(transaction, user, Need::Account)?;
    let sql = "SELECT user_handle, credential_id FROM passkeys WHERE user_id = ?1 ORDER BY id";
    let found = transaction.all(sql, &values![user.0], |row| Ok((row.bytes(0)?, row.bytes(1)?)))?;
    if found.len() as u64 >= MAX_PASSKEYS {
        return Err(refusals::too_many_passkeys().into());
    }
    let user_handle = found.first().map(|(handle, _)| handle.clone());
    Ok(PasskeyOwnerFacts {
        user_handle,
        credential_ids: found.into_iter().map(|(_, id)| id).collect(),
    })
}

pub(crate) fn add(
    transaction: &dyn Transaction,
    new: PasskeyRecord,
    _appended: &mut Vec<TopicEvent>,
) -> Result<u64, StatementError> {
    let owner = owner(transaction, new.user)?;
    // Two registrations may have begun before the first passkey.
    let user_handle = owner.user_handle.unwrap_or(new.user_handle);
    let sql = "INSERT INTO passkeys (user_id, user_handle, credential_id, public_key, counter, name, made_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (credential_id) DO NOTHING RETURNING id";
    let values = values![
        new.user.0,
        user_handle,
        new.credential_id,
        new.public_key,
        new.counter,
        new.name,
        new.at.0
    ];
    let id = transaction.optional(sql, &values, |row| row.natural(0))?;
    Ok(id.ok_or_else(refusals::passkey_registered)?)
}

pub(crate) fn remove(
    transaction: &dyn Transaction,
    (user, id): (UserId, u64),
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "DELETE FROM passkeys WHERE user_id = ?1 AND id = ?2";
    match transaction.execute(sql, &values![user.0, id])? {
        0 => Err(refusals::no_passkey().into()),
        _ => Ok(()),
    }
}

/// A passkey of a user, and its new name.
pub(crate) type PasskeyRenaming = (UserId, u64, String);

pub(crate) fn rename(
    transaction: &dyn Transaction,
    (user, id, name): PasskeyRenaming,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "UPDATE passkeys SET name = ?3 WHERE user_id = ?1 AND id = ?2";
    match transaction.execute(sql, &values![user.0, id, name])? {
        0 => Err(refusals::no_passkey().into()),
        _ => Ok(()),
    }
}

/// Records the use of a passkey, and the confirmation of the session of its user.
pub(crate) fn confirm(
    transaction: &dyn Transaction,
    used: PasskeyUse,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let PasskeyUse { credential_id, counter_before, counter, session, at, until } = used;
    let sql = "UPDATE passkeys SET counter = ?3, used_at = ?4 WHERE credential_id = ?1 AND counter = ?2 \
        AND user_id = (SELECT user_id FROM sessions WHERE token_hash = ?5)";
    let values = values![credential_id, counter_before, counter, at.0, session];
    if transaction.execute(sql, &values)? == 0 {
        return Err(refusals::passkey_unusable().into());
    }
    let sql = "UPDATE sessions SET confirmed_until = ?2 WHERE token_hash = ?1";
    transaction.run(sql, &values![session, until.0])
}

/// The passkey with an id of its authenticator.
pub(crate) fn find(
    transaction: &dyn Transaction,
    credential_id: &[u8],
) -> Result<Option<PasskeyFacts>, StatementError> {
    let sql = "SELECT users.id, users.name, user_handle, public_key, counter \
        FROM passkeys JOIN users ON users.id = passkeys.user_id WHERE credential_id = ?1";
    transaction.optional(sql, &values![credential_id], |row| {
        Ok(PasskeyFacts {
            user: User { id: UserId(row.natural(0)?), name: row.string(1) },
            user_handle: row.bytes(2)?,
            public_key: row.bytes(3)?,
            counter: u32::try_from(row.natural(4)?).unwrap_or(u32::MAX),
        })
    })
}

/// Starts a session. The counter of the check has to be that of the row: otherwise the passkey was used meanwhile.
pub(crate) fn sign_in(
    transaction: &dyn Transaction,
    verified: VerifiedPasskey,
    appended: &mut Vec<TopicEvent>,
) -> Result<StartedSession, StatementError> {
    let sql = "UPDATE passkeys SET counter = ?3, used_at = ?4 WHERE credential_id = ?1 AND counter = ?2 \
        RETURNING user_id";
    let VerifiedPasskey { credential_id, counter_before, counter, session } = verified;
    let values = values![credential_id, counter_before, counter, session.at.0];
    let user = transaction.optional(sql, &values, |row| row.natural(0))?.map(UserId);
    let user = user.ok_or_else(refusals::passkey_unusable)?;
    let proof = SignInProof::Checked(SignInMethod::Passkey);
    sessions::start(transaction, (user, proof, session), appended)
}
