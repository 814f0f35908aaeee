//! The errors of statements.

use madang_shared::Failure;
use thiserror::Error;

use crate::rules::refusals;

/// The reason why a change or a read stopped.
#[derive(Debug)]
pub enum StatementError {
    /// The data forbids it.
    Refused(Failure),
    /// The engine could not execute it.
    Engine(EngineError),
}

/// An error of an engine.
#[derive(Debug, Error)]
pub enum EngineError {
    /// Of SQLite.
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    /// Of PostgreSQL.
    #[error(transparent)]
    Postgres(tokio_postgres::Error),
    /// Another program has written a value of another type.
    #[error("column {column} holds a value of another type")]
    Column {
        /// The number of the column, from 0.
        column: usize,
    },
}

impl StatementError {
    /// A row that every database has is gone. A retry would not find it either, and would hold back every later command.
    pub(crate) fn missing_row() -> Self {
        tracing::error!("the database lacks a row that it must have; restore a backup");
        Self::Refused(refusals::missing_row())
    }
}

impl From<Failure> for StatementError {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

impl From<EngineError> for StatementError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}
