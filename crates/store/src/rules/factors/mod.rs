//! The factors of a sign-in beside passwords; see [`madang_hub::factors`].

pub(crate) mod challenges;
pub(crate) mod codes;
pub(crate) mod passkeys;
pub(crate) mod providers;

use madang_hub::factors::UserFactors;
use madang_shared::UserId;

use super::accounts::sessions;
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// The factors of a user.
pub(crate) fn of_user(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<UserFactors, StatementError> {
    let sql = "SELECT count(*) FROM recovery_codes WHERE user_id = ?1";
    Ok(UserFactors {
        passkeys: passkeys::list(transaction, user)?,
        has_totp: sessions::needs_code(transaction, user)?,
        recovery_codes: transaction.one(sql, &values![user.0], |row| row.natural(0))?,
        issuers: providers::issuers_of(transaction, user)?,
    })
}
