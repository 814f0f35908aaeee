//! The schema's history, inside the binary.
//!
//! A migration that has been released is never edited: refinery compares what was applied with what
//! is here, and refuses to go on if they differ.

use std::error::Error as _;
use std::path::Path;

use refinery::{Migration, Runner};
use rusqlite::{Connection, OptionalExtension};

use super::options::OpenError;

const MIGRATIONS: &[(&str, &str)] =
    &[("V1__first", include_str!("../../migrations/sqlite/V1__first.sql"))];

/// The newest schema that the file has had; none without a history, 0 with an empty one.
pub(super) fn applied(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let history = "SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history'";
    if connection.query_row(history, [], |_| Ok(())).optional()?.is_none() {
        return Ok(None);
    }
    let newest = "SELECT coalesce(max(version), 0) FROM refinery_schema_history";
    connection.query_row(newest, [], |row| row.get(0)).map(Some)
}

/// Refuses a file whose schema this binary cannot know.
pub(super) fn refuse_newer(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let found = applied(connection).map_err(|error| OpenError::explain(path, &error))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    match found {
        Some(found) if found > known => {
            Err(OpenError::Newer { path: path.to_owned(), found, known })
        }
        _ => Ok(()),
    }
}

/// Brings the schema up to date, each migration in a transaction of its own.
pub(super) fn run(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let explain =
        |error: refinery::Error| match error.source().and_then(|source| source.downcast_ref()) {
            Some(engine) => OpenError::explain(path, engine),
            None => OpenError::Migration { path: path.to_owned(), detail: error.to_string() },
        };
    let migrations: Vec<Migration> = MIGRATIONS
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, sql))
        .collect::<Result<_, _>>()
        .map_err(explain)?;
    Runner::new(&migrations).run(connection).map_err(explain)?;
    Ok(())
}
