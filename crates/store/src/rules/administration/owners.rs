//! The owners of the workspace.

use crate::error::StatementError;
use crate::transaction::Transaction;

/// Whether the workspace has an owner. A deactivated one counts: another owner, or the command line, decides about it.
pub(crate) fn has_owner(transaction: &dyn Transaction) -> Result<bool, StatementError> {
    transaction.exists("SELECT 1 FROM users WHERE role = 'owner' LIMIT 1", &[])
}
