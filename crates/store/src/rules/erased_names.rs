//! The names of erased accounts, which nobody gets again.

use madang_hub::erasure::name_hashes;

use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Whether an erased account had the name, or one that looks like it.
pub(super) fn is_erased_name(
    transaction: &dyn Transaction,
    name: &str,
    name_key: &str,
) -> Result<bool, StatementError> {
    let sql = "SELECT 1 FROM erased_names WHERE hash = ?1";
    for hash in name_hashes(name, name_key) {
        if transaction.exists(sql, &values![hash])? {
            return Ok(true);
        }
    }
    Ok(false)
}
