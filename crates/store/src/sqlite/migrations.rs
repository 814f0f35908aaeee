//! The migrations, embedded from their folder by file name.
//!
//! A released migration is never edited: refinery compares the applied migrations with the embedded
//! ones, and fails if they differ.

use std::error::Error as _;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::options::OpenError;

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// The newest schema that the file has had. `None` without a history, 0 with an empty one.
pub(super) fn applied(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let history = "SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history'";
    if connection.query_row(history, [], |_| Ok(())).optional()?.is_none() {
        return Ok(None);
    }
    let newest = "SELECT coalesce(max(version), 0) FROM refinery_schema_history";
    connection.query_row(newest, [], |row| row.get(0)).map(Some)
}

/// Refuses a file that a newer version has migrated.
pub(super) fn refuse_newer(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let found = applied(connection).map_err(|error| OpenError::explain(path, &error))?;
    let known = newest();
    match found {
        Some(found) if found > known => {
            Err(OpenError::Newer { path: path.to_owned(), found, known })
        }
        _ => Ok(()),
    }
}

/// The newest schema that this binary knows.
pub(super) fn newest() -> i64 {
    let runner = embedded::migrations::runner();
    runner
        .get_migrations()
        .iter()
        .map(|migration| i64::from(migration.version()))
        .max()
        .unwrap_or(0)
}

/// Applies the missing migrations, each in a transaction of its own.
pub(super) fn run(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let explain =
        |error: refinery::Error| match error.source().and_then(|source| source.downcast_ref()) {
            Some(engine) => OpenError::explain(path, engine),
            None => OpenError::Migration { path: path.to_owned(), detail: error.to_string() },
        };
    embedded::migrations::runner().run(connection).map_err(explain)?;
    Ok(())
}
