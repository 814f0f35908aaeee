//! The sign-in sessions of a user.

use madang_hub::accounts::{
    MAX_SESSIONS, NewSession, RequestOrigin, SessionRecord, SignInProof, StartedSession,
};
use madang_hub::policy::rights::Need;
use madang_hub::ports::{TokenHash, TopicEvent};
use madang_shared::account::SignInMethod;
use madang_shared::{ErrorCode, Failure, Timestamp, User, UserId};

use super::AttemptRecord;
use crate::error::StatementError;
use crate::rules::moderation::bans;
use crate::rules::refusals::no_user;
use crate::rules::rights;
use crate::transaction::{Row, Transaction, values};

/// Starts a session; see [`Accounts::start_session`](madang_hub::accounts::Accounts::start_session).
pub(crate) fn start(
    transaction: &dyn Transaction,
    (user, proof, session): (UserId, SignInProof, NewSession),
    appended: &mut Vec<TopicEvent>,
) -> Result<StartedSession, StatementError> {
    rights::require(transaction, user, Need::Account)?;
    let method = match proof {
        SignInProof::Password(hash) => {
            check_password(transaction, user, &hash)?;
            // The one-time passwords were switched on since the password was checked.
            if needs_code(transaction, user)? {
                let message = "This account needs a code too; sign in again.";
                return Err(Failure::new(ErrorCode::Unauthenticated, message).into());
            }
            SignInMethod::Password
        }
        SignInProof::Checked(method) => method,
    };
    insert(transaction, user, method, session, appended)
}

/// Starts a session of a user whose password, with this hash, and whose code were right.
pub(crate) fn start_after_code(
    transaction: &dyn Transaction,
    (user, hash, session): (UserId, String, NewSession),
    appended: &mut Vec<TopicEvent>,
) -> Result<StartedSession, StatementError> {
    rights::require(transaction, user, Need::Account)?;
    check_password(transaction, user, &hash)?;
    insert(transaction, user, SignInMethod::Password, session, appended)
}

/// Whether a password of the user needs a code.
pub(crate) fn needs_code(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<bool, StatementError> {
    let sql = "SELECT 1 FROM totp_secrets WHERE user_id = ?1 AND is_confirmed = 1";
    transaction.exists(sql, &values![user.0])
}

/// Checks that the password still has this hash.
fn check_password(
    transaction: &dyn Transaction,
    user: UserId,
    hash: &str,
) -> Result<(), StatementError> {
    // Not a SELECT: it also waits for a change of the password by another node, which ends the sessions that it sees.
    let sql = "UPDATE passwords SET hash = ?2 WHERE user_id = ?1 AND hash = ?2";
    if transaction.execute(sql, &values![user.0, hash])? == 0 {
        let message = "The name or the password is wrong.";
        return Err(Failure::new(ErrorCode::Unauthenticated, message).into());
    }
    Ok(())
}

/// Inserts a session, and records the sign-in.
pub(super) fn insert(
    transaction: &dyn Transaction,
    user: UserId,
    method: SignInMethod,
    session: NewSession,
    appended: &mut Vec<TopicEvent>,
) -> Result<StartedSession, StatementError> {
    let NewSession { token, at, origin } = session;
    bans::require_none(transaction, user, at)?;
    let sql = "SELECT name FROM users WHERE id = ?1";
    let name = transaction.optional(sql, &values![user.0], |row| Ok(row.string(0)))?;
    let name = name.ok_or_else(no_user)?;
    // It counts as used: only the first session of a new name can be replaced by another sign-up.
    let sql = "INSERT INTO sessions (token_hash, user_id, made_at, last_used_at, is_used, device, network) \
        VALUES (?1, ?2, ?3, ?3, 1, ?4, ?5)";
    transaction.run(sql, &values![token, user.0, at.0, origin.device, origin.network])?;
    super::remember_device(transaction, user, &origin, at)?;
    let attempt = AttemptRecord { user, succeeded: true, method, origin, at };
    super::record_attempt(transaction, attempt, appended)?;
    let sql = "DELETE FROM sessions WHERE user_id = ?1 AND token_hash <> ?2 AND token_hash NOT IN \
        (SELECT token_hash FROM sessions WHERE user_id = ?1 \
        ORDER BY coalesce(last_used_at, made_at) DESC, token_hash LIMIT ?3) RETURNING token_hash";
    let ended =
        transaction.all(sql, &values![user.0, token, MAX_SESSIONS as u64], |row| row.hash(0))?;
    Ok(StartedSession { user: User { id: user, name }, ended })
}

/// The sessions of a user, the one with the latest use first.
pub(crate) fn of_user(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<Vec<SessionRecord>, StatementError> {
    let sql = "SELECT token_hash, device, network, made_at, coalesce(last_used_at, made_at) AS used_at, confirmed_until \
        FROM sessions WHERE user_id = ?1 ORDER BY used_at DESC, token_hash LIMIT ?2";
    transaction.all(sql, &values![user.0, MAX_SESSIONS as u64], |row: &Row<'_>| {
        Ok(SessionRecord {
            token: row.hash(0)?,
            device: row.string(1),
            network: row.string(2),
            made_at: Timestamp(row.natural(3)?),
            used_at: Timestamp(row.natural(4)?),
            confirmed_until: row.optional_natural(5)?.map(Timestamp),
        })
    })
}

/// The confirmation of a session by its user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionConfirmation {
    pub(crate) user: UserId,
    pub(crate) session: TokenHash,
    pub(crate) until: Timestamp,
}

pub(crate) fn confirm(
    transaction: &dyn Transaction,
    confirmation: SessionConfirmation,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let SessionConfirmation { user, session, until } = confirmation;
    let sql = "UPDATE sessions SET confirmed_until = ?3 WHERE token_hash = ?1 AND user_id = ?2";
    transaction.run(sql, &values![session, user.0, until.0])
}

/// Ends all sessions of a user but one. Returns those that have ended.
pub(super) fn end_others(
    transaction: &dyn Transaction,
    user: UserId,
    kept: Option<TokenHash>,
) -> Result<Vec<TokenHash>, StatementError> {
    // No token has the hash of zeros.
    let kept = kept.unwrap_or_default();
    let sql = "DELETE FROM sessions WHERE user_id = ?1 AND token_hash <> ?2 RETURNING token_hash";
    transaction.all(sql, &values![user.0, kept], |row| row.hash(0))
}

pub(crate) fn end(
    transaction: &dyn Transaction,
    (user, sessions): (UserId, Vec<TokenHash>),
    _appended: &mut Vec<TopicEvent>,
) -> Result<Vec<TokenHash>, StatementError> {
    let sql = "DELETE FROM sessions WHERE user_id = ?1 AND token_hash = ?2";
    let mut ended = Vec::new();
    for session in sessions {
        if transaction.execute(sql, &values![user.0, session])? > 0 {
            ended.push(session);
        }
    }
    Ok(ended)
}

pub(crate) fn record_origin(
    transaction: &dyn Transaction,
    (token, origin): (TokenHash, RequestOrigin),
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "UPDATE sessions SET device = ?2, network = ?3 WHERE token_hash = ?1";
    transaction.run(sql, &values![token, origin.device, origin.network])
}

/// Whether the session came from another device or network at its last use.
pub(crate) fn has_other_origin(
    transaction: &dyn Transaction,
    token: TokenHash,
    origin: &RequestOrigin,
) -> Result<bool, StatementError> {
    let sql = "SELECT 1 FROM sessions WHERE token_hash = ?1 AND (device <> ?2 OR network <> ?3)";
    transaction.exists(sql, &values![token, origin.device, origin.network])
}
