//! New epochs after a loss of commits: commits that do not wait for the disk can be lost in a power cut,
//! a restored backup lacks the later ones, and a write-ahead log can be cut.

use std::path::Path;

use rusqlite::Connection;

use super::options::Synchronous;
use super::stamp::StampContent;
use crate::error::StatementError;

/// Gives every topic a new epoch if commits were lost, or if they may have been: the last server ran with
/// unsynced commits and did not stop gracefully, or the stamp and the database disagree. Records whether
/// this server has unsynced commits. The transaction must be synced, or the record could be lost too.
pub(super) fn begin(
    connection: &Connection,
    synchronous: Synchronous,
    database: &Path,
) -> Result<(), StatementError> {
    let loss = sign_of_loss(connection, database)?;
    if let Some(reason) = loss {
        tracing::warn!(reason, "commits may be lost; every client starts from a snapshot");
        draw_epochs(connection)?;
    }
    connection.execute("UPDATE durability SET stamped = 1 WHERE stamped = 0", [])?;
    Ok(record(connection, synchronous == Synchronous::Normal)?)
}

/// The sign that commits were lost, or may have been.
pub(super) fn sign_of_loss(
    connection: &Connection,
    database: &Path,
) -> Result<Option<&'static str>, StatementError> {
    let sql = "SELECT unsynced, stamped FROM durability";
    let (unsynced, stamped): (bool, bool) =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(match StampContent::read(database) {
        _ if unsynced => Some("a server that does not wait for the disk was killed"),
        Some(stamp) if stamp.agrees(database, connection)? => None,
        // The database has never had a stamp: an earlier version has written it.
        None if !stamped => None,
        Some(_) => Some("the database is another one than its stamp says, or lacks events"),
        None => Some("the database is without its stamp, so it is a copy"),
    })
}

/// Gives every topic a new epoch.
pub(super) fn draw_epochs(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "UPDATE topics SET epoch = 1 + abs(random() % 9007199254740991)";
    connection.execute(sql, [])?;
    Ok(())
}

/// Syncs everything at a graceful stop, and records it.
pub(super) fn end(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    record(connection, false)
}

fn record(connection: &Connection, unsynced: bool) -> rusqlite::Result<()> {
    connection.execute("UPDATE durability SET unsynced = ?1 WHERE unsynced <> ?1", [unsynced])?;
    Ok(())
}
