//! Accounts: passwords, attempts to sign in, and what an account knows of its devices.
//!
//! - `sessions`: the sign-in sessions of a user.
//! - `links`: one-time links; `devices`: those for a second device.
//! - `mail_addresses`: the mail address of an account.

pub(crate) mod devices;
pub(crate) mod links;
pub(crate) mod mail_addresses;
pub(crate) mod sessions;

use madang_hub::accounts::{
    AccountRecord, Credentials, CredentialsRequest, MAX_ATTEMPTS, MAX_KNOWN_DEVICES, NewPassword,
    RequestOrigin,
};
use madang_hub::ports::{TokenHash, TopicEvent};
use madang_shared::account::{SignInAttempt, SignInMethod};
use madang_shared::{ErrorCode, Failure, Timestamp, User, UserId};

use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// The credentials of the user with a name.
pub(crate) fn credentials(
    transaction: &dyn Transaction,
    CredentialsRequest { name_key, origin }: &CredentialsRequest,
) -> Result<Option<Credentials>, StatementError> {
    let sql = "SELECT users.id, users.name, passwords.hash, \
        EXISTS (SELECT 1 FROM sign_in_attempts WHERE user_id = users.id AND succeeded = 1 AND network = ?2), \
        EXISTS (SELECT 1 FROM known_devices WHERE user_id = users.id AND device = ?3) \
        FROM users LEFT JOIN passwords ON passwords.user_id = users.id WHERE users.name_key = ?1";
    transaction.optional(sql, &values![name_key, origin.network, origin.device_secret], |row| {
        Ok(Credentials {
            user: User { id: UserId(row.natural(0)?), name: row.string(1) },
            password: row.optional_string(2),
            knows_network: row.integer(3)? != 0,
            knows_device: row.integer(4)? != 0,
        })
    })
}

/// An attempt to sign in, as it is recorded.
#[derive(Clone, Debug)]
pub(crate) struct AttemptRecord {
    pub(crate) user: UserId,
    pub(crate) succeeded: bool,
    pub(crate) method: SignInMethod,
    pub(crate) origin: RequestOrigin,
    pub(crate) at: Timestamp,
}

pub(crate) fn record_attempt(
    transaction: &dyn Transaction,
    attempt: AttemptRecord,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let AttemptRecord { user, succeeded, method, origin, at } = attempt;
    let sql = "INSERT INTO sign_in_attempts (user_id, at, succeeded, method, device, network) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let RequestOrigin { device, network, device_secret: _ } = origin;
    transaction.run(sql, &values![user.0, at.0, succeeded, method.name(), device, network])?;
    // Right and wrong ones have limits of their own, so that a flood of wrong ones hides no right one.
    let sql = "DELETE FROM sign_in_attempts WHERE user_id = ?1 AND succeeded = ?2 AND id NOT IN \
        (SELECT id FROM sign_in_attempts WHERE user_id = ?1 AND succeeded = ?2 ORDER BY id DESC LIMIT ?3)";
    transaction.run(sql, &values![user.0, succeeded, MAX_ATTEMPTS as u64])
}

/// Remembers a device from which somebody has signed in.
fn remember_device(
    transaction: &dyn Transaction,
    user: UserId,
    origin: &RequestOrigin,
    at: Timestamp,
) -> Result<(), StatementError> {
    let Some(device) = origin.device_secret else { return Ok(()) };
    let sql = "INSERT INTO known_devices (user_id, device, used_at) VALUES (?1, ?2, ?3) \
        ON CONFLICT (user_id, device) DO UPDATE SET used_at = excluded.used_at";
    transaction.run(sql, &values![user.0, device, at.0])?;
    let sql = "DELETE FROM known_devices WHERE user_id = ?1 AND device NOT IN \
        (SELECT device FROM known_devices WHERE user_id = ?1 ORDER BY used_at DESC, device LIMIT ?2)";
    transaction.run(sql, &values![user.0, MAX_KNOWN_DEVICES as u64])
}

fn password_of(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<Option<String>, StatementError> {
    let sql = "SELECT hash FROM passwords WHERE user_id = ?1";
    transaction.optional(sql, &values![user.0], |row| Ok(row.string(0)))
}

/// Sets or changes a password; see [`Accounts::set_password`](madang_hub::accounts::Accounts::set_password).
pub(crate) fn set_password(
    transaction: &dyn Transaction,
    new: NewPassword,
    _appended: &mut Vec<TopicEvent>,
) -> Result<Vec<TokenHash>, StatementError> {
    let NewPassword { user, hash, session, entered, at } = new;
    let own = sessions::of_user(transaction, user)?.into_iter().find(|it| it.token == session);
    let Some(own) = own else {
        let message = "The session has ended; sign in again.";
        return Err(Failure::new(ErrorCode::Unauthenticated, message).into());
    };
    let current = password_of(transaction, user)?;
    match (&current, &entered) {
        (Some(current), Some(entered)) if current != entered => {
            let message = "The password was changed meanwhile; send the request again.";
            return Err(Failure::new(ErrorCode::Forbidden, message).into());
        }
        (Some(_), None) if !own.is_confirmed(at) => {
            let message = "Enter the current password too, or sign in again first.";
            return Err(Failure::new(ErrorCode::Forbidden, message).into());
        }
        _ => {}
    }
    store_password(transaction, user, &hash, at)?;
    links::withdraw_all(transaction, user)?;
    match current {
        Some(_) => sessions::end_others(transaction, user, Some(session)),
        None => Ok(Vec::new()),
    }
}

fn store_password(
    transaction: &dyn Transaction,
    user: UserId,
    hash: &str,
    at: Timestamp,
) -> Result<(), StatementError> {
    let sql = "INSERT INTO passwords (user_id, hash, changed_at) VALUES (?1, ?2, ?3) \
        ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at";
    transaction.run(sql, &values![user.0, hash, at.0])
}

pub(crate) fn replace_password_hash(
    transaction: &dyn Transaction,
    (user, former, hash): (UserId, String, String),
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "UPDATE passwords SET hash = ?3 WHERE user_id = ?1 AND hash = ?2";
    transaction.run(sql, &values![user.0, former, hash])
}

/// Whether there is a way back to the account beside its sessions.
pub(crate) fn is_secured(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<bool, StatementError> {
    let sql = "SELECT 1 FROM passwords WHERE user_id = ?1 \
        UNION ALL SELECT 1 FROM passkeys WHERE user_id = ?1 \
        UNION ALL SELECT 1 FROM provider_identities WHERE user_id = ?1";
    transaction.exists(sql, &values![user.0])
}

pub(crate) fn account(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<AccountRecord, StatementError> {
    let password = password_of(transaction, user)?;
    let sql = "SELECT at, succeeded, method, device, network FROM sign_in_attempts \
        WHERE user_id = ?1 ORDER BY id DESC LIMIT ?2";
    let attempts = transaction.all(sql, &values![user.0, MAX_ATTEMPTS as u64], |row| {
        Ok(SignInAttempt {
            at: Timestamp(row.natural(0)?),
            succeeded: row.integer(1)? != 0,
            method: row.string(2),
            device: row.string(3),
            network: row.string(4),
        })
    })?;
    let passkeys = "SELECT 1 FROM passkeys WHERE user_id = ?1";
    Ok(AccountRecord {
        password,
        is_secured: is_secured(transaction, user)?,
        has_passkeys: transaction.exists(passkeys, &values![user.0])?,
        has_totp: sessions::needs_code(transaction, user)?,
        sessions: sessions::of_user(transaction, user)?,
        attempts,
    })
}

/// The users without a way back to their account beside their sessions.
pub(crate) fn unsecured_users(transaction: &dyn Transaction) -> Result<Vec<User>, StatementError> {
    let sql = "SELECT id, name FROM users WHERE deactivated_at IS NULL \
        AND id NOT IN (SELECT user_id FROM passwords) \
        AND id NOT IN (SELECT user_id FROM passkeys) \
        AND id NOT IN (SELECT user_id FROM provider_identities) \
        AND id NOT IN (SELECT user_id FROM service_accounts) \
        AND id NOT IN (SELECT user_id FROM bots) ORDER BY id";
    transaction
        .all(sql, &values![], |row| Ok(User { id: UserId(row.natural(0)?), name: row.string(1) }))
}
