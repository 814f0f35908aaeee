//! The errors of a statement.

use madang_shared::Failure;
use rusqlite::{ErrorCode, ffi};

use crate::refusals;

/// The reason why a change or a read stopped.
#[derive(Debug)]
pub enum StatementError {
    /// The data forbids it.
    Refused(Failure),
    /// The engine could not execute it.
    Engine(rusqlite::Error),
}

impl From<Failure> for StatementError {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

impl From<rusqlite::Error> for StatementError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error() {
            // Features check every row that they reference, except the author's.
            Some(inner) if inner.extended_code == ffi::SQLITE_CONSTRAINT_FOREIGNKEY => {
                Self::Refused(refusals::no_user())
            }
            Some(inner) if inner.code == ErrorCode::ConstraintViolation => {
                Self::Refused(refusals::constraint_violated())
            }
            // A retry would not find the row either, and would hold back every later command.
            None if matches!(error, rusqlite::Error::QueryReturnedNoRows) => {
                tracing::error!("the database lacks a row that it must have; restore a backup");
                Self::Refused(refusals::missing_row())
            }
            _ => Self::Engine(error),
        }
    }
}
