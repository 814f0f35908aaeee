//! Damage of the database file that is found while the server runs. It stays until the file is replaced,
//! and a probe that touches other pages does not see it; so the first finding is kept, and the store is
//! not ready from then on.

use std::sync::{Arc, OnceLock};

use madang_hub::ports::StoreError;
use rusqlite::{Error, ErrorCode, ffi};

use crate::error::{EngineError, StatementError};
use crate::readers::EngineErrors;

/// The first damage that was found, if any. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Damage(Arc<OnceLock<String>>);

impl Damage {
    /// The engine's error as the store's.
    pub(super) fn unavailable(&self, error: &Error) -> StoreError {
        if is_damage(error) && self.0.set(error.to_string()).is_ok() {
            tracing::error!(
                %error,
                "the database is damaged; restore a backup, or recover the data with `sqlite3 FILE .recover`"
            );
        }
        StoreError::Unavailable(error.to_string())
    }

    /// # Errors
    /// If damage was found.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.0.get() {
            Some(detail) => {
                Err(StoreError::Unavailable(format!("the database is damaged: {detail}")))
            }
            None => Ok(()),
        }
    }
}

impl EngineErrors for Damage {
    fn store_error(&self, error: StatementError) -> StoreError {
        match error {
            StatementError::Refused(failure) => StoreError::Refused(failure),
            StatementError::Engine(EngineError::Sqlite(error)) => self.unavailable(&error),
            StatementError::Engine(error) => StoreError::Unavailable(error.to_string()),
        }
    }
}

fn is_damage(error: &Error) -> bool {
    let Some(error) = error.sqlite_error() else { return false };
    matches!(error.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        || matches!(
            error.extended_code,
            // A short read is none: it also happens while the file is gone, and passes.
            ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_CORRUPTFS
        )
}
