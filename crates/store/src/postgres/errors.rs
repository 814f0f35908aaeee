//! The errors of PostgreSQL as the store's.

use madang_hub::ports::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::error::{EngineError, StatementError};
use crate::readers::EngineErrors;
use crate::rules::refusals;

/// The consequence of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorKind {
    /// The data forbids the change.
    Refused,
    /// Another transaction is in the way; the same transaction may succeed later.
    Conflict,
    /// Another transaction has held a lock for too long.
    Locked,
    /// The connection is lost, or the server cannot execute the statement.
    Unavailable,
}

/// The class of a database error is the first two characters of its state.
pub(super) fn kind(error: &Error) -> ErrorKind {
    let Some(database) = error.as_db_error() else { return ErrorKind::Unavailable };
    match database.code() {
        &SqlState::LOCK_NOT_AVAILABLE => ErrorKind::Locked,
        // Another node has applied the same command at the same time.
        &SqlState::UNIQUE_VIOLATION if database.table() == Some("commands") => ErrorKind::Conflict,
        state => match state.code().get(..2) {
            Some("40") => ErrorKind::Conflict,
            // Constraints, and values that the type of a column cannot hold.
            Some("22" | "23") => ErrorKind::Refused,
            _ => ErrorKind::Unavailable,
        },
    }
}

/// The error of a server that does not answer a new connection in time.
pub(super) fn no_answer() -> Error {
    // The blocking client of the same authors makes it in this way.
    Error::__private_api_timeout()
}

/// A database error with its message; any other error with its causes.
pub(super) fn describe(error: &Error) -> String {
    if let Some(database) = error.as_db_error() {
        return format!("{} ({})", database.message(), database.code().code());
    }
    let mut description = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        description = format!("{description}: {inner}");
        cause = inner.source();
    }
    description
}

/// The store's error of an error of PostgreSQL.
pub(super) fn store_error(error: &Error) -> StoreError {
    match kind(error) {
        // Features check every row that they reference, except the author's.
        ErrorKind::Refused if error.code() == Some(&SqlState::FOREIGN_KEY_VIOLATION) => {
            StoreError::Refused(refusals::no_user())
        }
        ErrorKind::Refused => StoreError::Refused(refusals::constraint_violated()),
        ErrorKind::Conflict | ErrorKind::Locked | ErrorKind::Unavailable => {
            StoreError::Unavailable(describe(error))
        }
    }
}

/// The errors of reads.
#[derive(Clone, Copy, Debug)]
pub struct PostgresErrors;

impl EngineErrors for PostgresErrors {
    fn store_error(&self, error: StatementError) -> StoreError {
        match error {
            StatementError::Refused(failure) => StoreError::Refused(failure),
            StatementError::Engine(EngineError::Postgres(error)) => store_error(&error),
            StatementError::Engine(error) => StoreError::Unavailable(error.to_string()),
        }
    }
}

impl From<Error> for StatementError {
    fn from(error: Error) -> Self {
        Self::Engine(EngineError::Postgres(error))
    }
}
