//! The errors of the ports of the store.

use madang_shared::Failure;
use thiserror::Error;

/// The reason why the store did not execute a request. In either case nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The data forbids it: a name is taken, a room does not exist, the user is no member.
    #[error("{0}")]
    Refused(Failure),
    /// The engine cannot do it now: disk full, read-only, damaged, stopping. The text is for the log;
    /// clients get a general sentence.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
}
