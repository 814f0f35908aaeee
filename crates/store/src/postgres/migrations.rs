//! The migrations of PostgreSQL. A released migration is never edited.

use tokio::runtime::Runtime;

use super::errors::describe;
use super::options::ConnectError;
use super::session::Session;

/// Each with its version.
const MIGRATIONS: [(i64, &str); 1] =
    [(1, include_str!("../../migrations/postgres/V1__schema.sql"))];

/// The table of the applied migrations.
const HISTORY: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version bigint PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())";

/// Applies the missing migrations, each in a transaction of its own. Refuses the schema of a newer binary.
pub(super) fn run(runtime: &Runtime, session: &Session) -> Result<(), ConnectError> {
    let execute = |sql: &str| {
        let done = runtime.block_on(session.client.batch_execute(sql));
        done.map_err(|error| ConnectError::Statement { detail: describe(&error) })
    };
    execute(HISTORY)?;
    let applied = "SELECT coalesce(max(version), 0) FROM schema_migrations";
    let applied = runtime.block_on(session.client.query_one(applied, &[]));
    let found: i64 = applied
        .and_then(|row| row.try_get(0))
        .map_err(|error| ConnectError::Statement { detail: describe(&error) })?;
    let known = newest();
    if found > known {
        return Err(ConnectError::Newer { found, known });
    }
    for (version, sql) in MIGRATIONS.iter().filter(|(version, _)| *version > found) {
        execute(&format!("BEGIN;\n{}; COMMIT", recorded(*version, sql)))?;
    }
    Ok(())
}

/// The newest schema of this binary.
pub(super) fn newest() -> i64 {
    MIGRATIONS.iter().map(|(version, _)| *version).max().unwrap_or(0)
}

/// The statements that create the newest schema in an empty database, without a transaction of their own.
pub(super) fn creation() -> String {
    let all: Vec<String> =
        MIGRATIONS.iter().map(|(version, sql)| recorded(*version, sql)).collect();
    format!("{HISTORY};\n{}", all.join(";\n"))
}

/// A migration with its entry in the table of the applied ones.
fn recorded(version: i64, sql: &str) -> String {
    format!("{sql}\n;INSERT INTO schema_migrations (version) VALUES ({version})")
}
