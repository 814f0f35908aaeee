//! Challenges: the server's memory between two requests of one browser.

use madang_hub::factors::{
    ChallengeKey, MAX_ATTEMPTS, MAX_CHALLENGES, NewChallenge, OpenChallenge,
};
use madang_hub::ports::TopicEvent;
use madang_shared::{Timestamp, UserId};

use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

pub(crate) fn add(
    transaction: &dyn Transaction,
    new: NewChallenge,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "DELETE FROM challenges WHERE expires_at <= ?1";
    let NewChallenge { token, kind, user, content, at, expires_at } = new;
    transaction.run(sql, &values![at.0])?;
    // Strangers cause challenges, so their number has a limit.
    let sql = "DELETE FROM challenges WHERE token_hash IN \
        (SELECT token_hash FROM challenges ORDER BY made_at DESC LIMIT ?2 OFFSET ?1)";
    transaction.run(sql, &values![MAX_CHALLENGES - 1, MAX_CHALLENGES])?;
    let sql = "INSERT INTO challenges (token_hash, kind, user_id, content, made_at, expires_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let user = user.map(|user| user.0);
    transaction.run(sql, &values![token, kind.name(), user, content, at.0, expires_at.0])
}

/// The challenge, for one more attempt.
pub(crate) fn attempt(
    transaction: &dyn Transaction,
    (key, now): (ChallengeKey, Timestamp),
    _appended: &mut Vec<TopicEvent>,
) -> Result<Option<OpenChallenge>, StatementError> {
    let sql = "UPDATE challenges SET attempts = attempts + 1 \
        WHERE token_hash = ?1 AND kind = ?2 AND expires_at > ?3 AND attempts < ?4 \
        RETURNING user_id, content";
    let kind = key.kind.name();
    transaction.optional(sql, &values![key.token, kind, now.0, MAX_ATTEMPTS], open)
}

/// The challenge, which is gone then.
pub(crate) fn take(
    transaction: &dyn Transaction,
    (key, now): (ChallengeKey, Timestamp),
    _appended: &mut Vec<TopicEvent>,
) -> Result<Option<OpenChallenge>, StatementError> {
    let sql = "DELETE FROM challenges WHERE token_hash = ?1 AND kind = ?2 AND expires_at > ?3 \
        RETURNING user_id, content";
    transaction.optional(sql, &values![key.token, key.kind.name(), now.0], open)
}

fn open(row: &Row<'_>) -> Result<OpenChallenge, StatementError> {
    let user = row.optional_natural(0)?.map(UserId);
    Ok(OpenChallenge { user, content: row.string(1) })
}
