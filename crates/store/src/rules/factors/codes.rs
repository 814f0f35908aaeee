//! One-time passwords and recovery codes.

use madang_hub::accounts::{NewSession, StartedSession};
use madang_hub::factors::{CODE_WINDOW_MS, ChallengeKey, CodeProof, MAX_WRONG_CODES, TotpFacts};
use madang_hub::ports::TopicEvent;
use madang_shared::{Timestamp, UserId};

use super::challenges;
use crate::error::StatementError;
use crate::rules::accounts::sessions;
use crate::rules::refusals;
use crate::transaction::{Transaction, values};

pub(crate) fn totp(
    transaction: &dyn Transaction,
    user: UserId,
    now: Timestamp,
) -> Result<Option<TotpFacts>, StatementError> {
    let sql = "SELECT secret, is_confirmed, last_step, wrong_codes, wrong_since \
        FROM totp_secrets WHERE user_id = ?1";
    transaction.optional(sql, &values![user.0], |row| {
        let since = row.optional_natural(4)?.map(Timestamp);
        let is_recent = since.is_some_and(|since| now.since(since) < CODE_WINDOW_MS);
        Ok(TotpFacts {
            secret: row.bytes(0)?,
            is_confirmed: row.integer(1)? != 0,
            last_step: row.optional_natural(2)?,
            is_blocked: is_recent && row.natural(3)? >= MAX_WRONG_CODES,
        })
    })
}

pub(crate) fn begin(
    transaction: &dyn Transaction,
    (user, secret): (UserId, Vec<u8>),
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "INSERT INTO totp_secrets (user_id, secret) VALUES (?1, ?2) \
        ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = NULL \
        WHERE totp_secrets.is_confirmed = 0";
    match transaction.execute(sql, &values![user.0, secret])? {
        0 => Err(refusals::totp_is_on().into()),
        _ => Ok(()),
    }
}

/// The user, the confirmed secret with the step of its code, and the hashes of the recovery codes.
pub(crate) type TotpConfirmation = (UserId, (Vec<u8>, u64), Vec<[u8; 32]>);

pub(crate) fn confirm(
    transaction: &dyn Transaction,
    (user, (secret, step), codes): TotpConfirmation,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "UPDATE totp_secrets SET is_confirmed = 1, last_step = ?3, wrong_codes = 0, wrong_since = NULL \
        WHERE user_id = ?1 AND secret = ?2 AND is_confirmed = 0";
    if transaction.execute(sql, &values![user.0, secret, step])? == 0 {
        return Err(refusals::totp_changed().into());
    }
    store_recovery_codes(transaction, user, codes)
}

/// A proof of a signed-in user is used up.
pub(crate) fn use_up(
    transaction: &dyn Transaction,
    (user, proof): (UserId, CodeProof),
    _appended: &mut Vec<TopicEvent>,
) -> Result<bool, StatementError> {
    use_proof(transaction, user, proof)
}

fn use_proof(
    transaction: &dyn Transaction,
    user: UserId,
    proof: CodeProof,
) -> Result<bool, StatementError> {
    let changed = match proof {
        CodeProof::Step(step) => {
            let sql = "UPDATE totp_secrets SET last_step = ?2, wrong_codes = 0, wrong_since = NULL \
                WHERE user_id = ?1 AND is_confirmed = 1 AND coalesce(last_step, 0) < ?2";
            transaction.execute(sql, &values![user.0, step])?
        }
        CodeProof::Recovery(hash) => {
            let sql = "DELETE FROM recovery_codes WHERE user_id = ?1 AND code_hash = ?2";
            transaction.execute(sql, &values![user.0, hash])?
        }
    };
    Ok(changed > 0)
}

pub(crate) fn record_wrong(
    transaction: &dyn Transaction,
    (user, at): (UserId, Timestamp),
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    // The window begins with its first wrong code. A time in the future is the mistake of a clock.
    let sql = "UPDATE totp_secrets SET \
        wrong_codes = CASE WHEN wrong_since > ?3 AND wrong_since <= ?2 THEN wrong_codes + 1 ELSE 1 END, \
        wrong_since = CASE WHEN wrong_since > ?3 AND wrong_since <= ?2 THEN wrong_since ELSE ?2 END \
        WHERE user_id = ?1";
    let oldest = at.0.saturating_sub(CODE_WINDOW_MS);
    transaction.run(sql, &values![user.0, at.0, oldest])
}

pub(crate) fn replace_recovery_codes(
    transaction: &dyn Transaction,
    (user, codes): (UserId, Vec<[u8; 32]>),
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    if !sessions::needs_code(transaction, user)? {
        return Err(refusals::totp_is_off().into());
    }
    store_recovery_codes(transaction, user, codes)
}

fn store_recovery_codes(
    transaction: &dyn Transaction,
    user: UserId,
    codes: Vec<[u8; 32]>,
) -> Result<(), StatementError> {
    transaction.run("DELETE FROM recovery_codes WHERE user_id = ?1", &values![user.0])?;
    let sql = "INSERT INTO recovery_codes (user_id, code_hash) VALUES (?1, ?2)";
    for code in codes {
        transaction.run(sql, &values![user.0, code])?;
    }
    Ok(())
}

pub(crate) fn remove(
    transaction: &dyn Transaction,
    user: UserId,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    transaction.run("DELETE FROM recovery_codes WHERE user_id = ?1", &values![user.0])?;
    transaction.run("DELETE FROM totp_secrets WHERE user_id = ?1", &values![user.0])
}

/// The challenge, the proof and the new session.
pub(crate) type SecondStep = (ChallengeKey, CodeProof, NewSession);

pub(crate) fn finish_second_step(
    transaction: &dyn Transaction,
    (challenge, proof, session): SecondStep,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<StartedSession>, StatementError> {
    let taken = challenges::take(transaction, (challenge, session.at), appended)?;
    let Some(challenge) = taken else { return Ok(None) };
    let Some(user) = challenge.user else { return Ok(None) };
    if !use_proof(transaction, user, proof)? {
        return Ok(None);
    }
    sessions::start_after_code(transaction, (user, challenge.content, session), appended).map(Some)
}
