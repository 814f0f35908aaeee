//! The mail addresses of accounts: requests, which the link in a mail turns into addresses, and recovery by them.

use madang_hub::accounts::{
    MailRecipient, MailRecipientRequest, MailVerification, NewMailVerification, OwnMailAddresses,
    SecretHash,
};
use madang_hub::policy::rights::Need;
use madang_hub::ports::TopicEvent;
use madang_shared::{ErrorCode, Failure, Timestamp, User, UserId};

use super::links::no_link;
use crate::error::StatementError;
use crate::rules::rights;
use crate::transaction::{Transaction, values};

/// The addresses of a user.
pub(crate) fn of_user(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<OwnMailAddresses, StatementError> {
    rights::require(transaction, user, Need::Account)?;
    let sql = "SELECT address FROM mail_addresses WHERE user_id = ?1";
    let verified = transaction.optional(sql, &values![user.0], |row| Ok(row.string(0)))?;
    let sql = "SELECT address, expires_at FROM mail_verifications WHERE user_id = ?1";
    let pending = transaction
        .optional(sql, &values![user.0], |row| Ok((row.string(0), Timestamp(row.natural(1)?))))?;
    Ok(OwnMailAddresses { verified, pending })
}

/// Keeps a request; see
/// [`MailAddressStore::request_mail_address`](madang_hub::accounts::MailAddressStore::request_mail_address).
pub(crate) fn request(
    transaction: &dyn Transaction,
    new: NewMailVerification,
    _appended: &mut Vec<TopicEvent>,
) -> Result<String, StatementError> {
    let NewMailVerification { user, address, token, at, expires_at } = new;
    rights::require(transaction, user, Need::Account)?;
    let sql = "DELETE FROM mail_verifications WHERE user_id = ?1 OR expires_at <= ?2";
    transaction.run(sql, &values![user.0, at.0])?;
    let sql = "INSERT INTO mail_verifications (user_id, token, address, made_at, expires_at) \
        VALUES (?1, ?2, ?3, ?4, ?5)";
    transaction.run(sql, &values![user.0, token, address.as_str(), at.0, expires_at.0])?;
    language_of(transaction, user)
}

fn language_of(transaction: &dyn Transaction, user: UserId) -> Result<String, StatementError> {
    let sql = "SELECT language FROM profiles WHERE user_id = ?1";
    let language = transaction.optional(sql, &values![user.0], |row| Ok(row.string(0)))?;
    Ok(language.unwrap_or_default())
}

/// The request with a token, if it can still be verified.
pub(crate) fn find(
    transaction: &dyn Transaction,
    token: SecretHash,
    now: Timestamp,
) -> Result<Option<MailVerification>, StatementError> {
    let sql = "SELECT users.id, users.name, address, expires_at \
        FROM mail_verifications JOIN users ON users.id = mail_verifications.user_id \
        WHERE token = ?1 AND expires_at > ?2 AND deactivated_at IS NULL";
    transaction.optional(sql, &values![token, now.0], |row| {
        Ok(MailVerification {
            user: User { id: UserId(row.natural(0)?), name: row.string(1) },
            address: row.string(2),
            expires_at: Timestamp(row.natural(3)?),
        })
    })
}

/// Gives an account its address; see
/// [`MailAddressStore::verify_mail_address`](madang_hub::accounts::MailAddressStore::verify_mail_address).
pub(crate) fn verify(
    transaction: &dyn Transaction,
    (token, now): (SecretHash, Timestamp),
    _appended: &mut Vec<TopicEvent>,
) -> Result<UserId, StatementError> {
    let sql = "DELETE FROM mail_verifications WHERE token = ?1 AND expires_at > ?2 \
        RETURNING user_id, address";
    let found = transaction.optional(sql, &values![token, now.0], |row| {
        Ok((UserId(row.natural(0)?), row.string(1)))
    })?;
    let (user, address) = found.ok_or_else(no_link)?;
    rights::require(transaction, user, Need::Account)?;
    let key = address.to_ascii_lowercase();
    // The conflict of two accounts at the same time waits for the first one here.
    let sql = "INSERT INTO mail_addresses (user_id, address, address_key, verified_at) \
        VALUES (?1, ?2, ?3, ?4) ON CONFLICT (address_key) DO NOTHING";
    transaction.run("DELETE FROM mail_addresses WHERE user_id = ?1", &values![user.0])?;
    if transaction.execute(sql, &values![user.0, address, key, now.0])? == 0 {
        // The refusal undoes the deletions.
        return Err(address_taken().into());
    }
    Ok(user)
}

/// Removes the address of a user, and the request for another.
pub(crate) fn remove(
    transaction: &dyn Transaction,
    user: UserId,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    transaction.run("DELETE FROM mail_addresses WHERE user_id = ?1", &values![user.0])?;
    transaction.run("DELETE FROM mail_verifications WHERE user_id = ?1", &values![user.0])
}

/// The account that can be recovered by mail. A name that is the address of another account means that account.
pub(crate) fn recipient(
    transaction: &dyn Transaction,
    request: &MailRecipientRequest,
) -> Result<Option<MailRecipient>, StatementError> {
    let MailRecipientRequest { name_key, address_key, at } = request;
    let sql = "SELECT users.id, users.name, mail_addresses.address \
        FROM mail_addresses JOIN users ON users.id = mail_addresses.user_id \
        WHERE (mail_addresses.address_key = ?1 OR users.name_key = ?2) AND users.deactivated_at IS NULL \
            AND NOT EXISTS (SELECT 1 FROM account_bans WHERE account_bans.user_id = users.id \
                AND (account_bans.ends_at IS NULL OR account_bans.ends_at > ?3)) \
        ORDER BY CASE WHEN mail_addresses.address_key = ?1 THEN 0 ELSE 1 END LIMIT 1";
    let address_key = address_key.as_deref().unwrap_or_default();
    let found = transaction.optional(sql, &values![address_key, name_key, at.0], |row| {
        Ok((User { id: UserId(row.natural(0)?), name: row.string(1) }, row.string(2)))
    })?;
    let Some((user, address)) = found else { return Ok(None) };
    let language = language_of(transaction, user.id)?;
    Ok(Some(MailRecipient { user, address, language }))
}

fn address_taken() -> Failure {
    let message =
        "This address belongs to another account already; remove it there first, or use another.";
    Failure::new(ErrorCode::NameTaken, message)
}
