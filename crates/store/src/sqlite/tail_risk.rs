//! Whether the log's end may have been taken back by a power cut, which only commits that do not wait
//! for the disk risk. (Restoring a backup takes it back too; the README says what to do then.)

use rusqlite::Connection;

use super::options::Synchronous;

/// Gives every topic a new epoch if the last server ran at risk and did not end as it should; notes
/// whether this one is at risk. To be committed with a sync, or the note could be lost too.
pub(super) fn begin(connection: &Connection, synchronous: Synchronous) -> rusqlite::Result<()> {
    let was_at_risk: bool =
        connection.query_row("SELECT at_risk FROM tail_risk", [], |row| row.get(0))?;
    if was_at_risk {
        let sql = "UPDATE topics SET epoch = 1 + abs(random() % 9007199254740991)";
        connection.execute(sql, [])?;
    }
    note(connection, synchronous == Synchronous::Normal)
}

/// The server ends as it should: everything reaches the disk, and nothing is at risk any more.
pub(super) fn end(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    note(connection, false)
}

fn note(connection: &Connection, at_risk: bool) -> rusqlite::Result<()> {
    connection.execute("UPDATE tail_risk SET at_risk = ?1 WHERE at_risk <> ?1", [at_risk])?;
    Ok(())
}
