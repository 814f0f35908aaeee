//! The schema's history, inside the binary.
//!
//! A migration that has been released is never edited: refinery compares what was applied with what
//! is here, and refuses to go on if they differ.

use std::error::Error as _;
use std::path::Path;

use refinery::{Migration, Runner};
use rusqlite::{Connection, OptionalExtension};

use super::options::OpenError;

const MIGRATIONS: &[(&str, &str)] = &[
    ("V1__first", include_str!("../../migrations/sqlite/V1__first.sql")),
    ("V2__tail_risk", include_str!("../../migrations/sqlite/V2__tail_risk.sql")),
    ("V3__counter", include_str!("../../migrations/sqlite/V3__counter.sql")),
    ("V4__posts", include_str!("../../migrations/sqlite/V4__posts.sql")),
    ("V5__orders", include_str!("../../migrations/sqlite/V5__orders.sql")),
    ("V6__sentiment", include_str!("../../migrations/sqlite/V6__sentiment.sql")),
    ("V7__guests", include_str!("../../migrations/sqlite/V7__guests.sql")),
    ("V8__notices", include_str!("../../migrations/sqlite/V8__notices.sql")),
    ("V9__taken_back", include_str!("../../migrations/sqlite/V9__taken_back.sql")),
    ("V10__delivery", include_str!("../../migrations/sqlite/V10__delivery.sql")),
];

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
    let known = newest();
    match found {
        Some(found) if found > known => {
            Err(OpenError::Newer { path: path.to_owned(), found, known })
        }
        _ => Ok(()),
    }
}

/// The newest schema that this binary knows; numbers may be left out.
fn newest() -> i64 {
    let number = |name: &str| name.strip_prefix('V')?.split("__").next()?.parse().ok();
    MIGRATIONS.iter().filter_map(|(name, _)| number(name)).max().unwrap_or(0)
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
