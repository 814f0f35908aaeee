//! Why a statement's work stopped, and values between the domain and SQLite.

use std::borrow::Cow;

use madang_hub::ports::StoreError;
use madang_shared::Failure;
use rusqlite::types::{FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{ErrorCode, Row, ffi};

use crate::refusals;

/// Either the data forbids it, or the engine could not do it.
#[derive(Debug)]
pub(super) enum Stop {
    Refused(Failure),
    Engine(rusqlite::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error() {
            // The only row that a feature names without having looked for it is the author's.
            Some(inner) if inner.extended_code == ffi::SQLITE_CONSTRAINT_FOREIGNKEY => {
                Self::Refused(refusals::no_user())
            }
            Some(inner) if inner.code == ErrorCode::ConstraintViolation => {
                Self::Refused(refusals::against_the_rules())
            }
            _ => Self::Engine(error),
        }
    }
}

impl From<Stop> for StoreError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(failure) => Self::Refused(failure),
            Stop::Engine(error) => unavailable(&error),
        }
    }
}

pub(super) fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// A number as SQLite holds it. Clients may name rooms and places beyond its range: none of those
/// exists, and neither does the largest number that SQLite has.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that the schema keeps from being negative.
pub(super) fn natural(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// A text as anybody may have written it: SQLite lets others store bytes that are no UTF-8, and one
/// such text must not hold up all that stands behind it.
pub(super) fn text(value: ValueRef<'_>) -> FromSqlResult<Cow<'_, str>> {
    match value {
        ValueRef::Text(bytes) => Ok(String::from_utf8_lossy(bytes)),
        _ => Err(FromSqlError::InvalidType),
    }
}
