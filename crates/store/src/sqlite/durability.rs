//! New epochs after a possible loss of commits. Commits that do not wait for the disk can be lost in a
//! power cut. (A restored backup loses commits too; the README describes what to do then.)

use rusqlite::Connection;

use super::options::Synchronous;

/// Gives every topic a new epoch if the last server ran with unsynced commits and did not stop
/// gracefully. Records whether this server has unsynced commits. The transaction must be synced, or
/// the record could be lost too.
pub(super) fn begin(connection: &Connection, synchronous: Synchronous) -> rusqlite::Result<()> {
    let may_have_lost_commits: bool =
        connection.query_row("SELECT unsynced FROM durability", [], |row| row.get(0))?;
    if may_have_lost_commits {
        let sql = "UPDATE topics SET epoch = 1 + abs(random() % 9007199254740991)";
        connection.execute(sql, [])?;
    }
    record(connection, synchronous == Synchronous::Normal)
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
