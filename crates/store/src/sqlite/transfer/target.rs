//! A database file as the target of a move. The rows go into a file of another name, which gets the name of the database
//! after the comparison; so a move that breaks off leaves no database.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{beside, engine, reading, tables, unfinished};
use crate::sqlite::migrations;
use crate::transfer::{
    MoveError, MoveTarget, PageVisit, Row, Table, TableReader, describe_key, is_moved,
};

/// A database file that does not exist yet.
pub(crate) struct FileTarget {
    path: PathBuf,
    unfinished: PathBuf,
    connection: Option<Connection>,
    is_published: bool,
}

impl FileTarget {
    /// Refuses a path beside which there is a part of a database. Writes nothing.
    pub(crate) fn inspect(path: &Path) -> Result<Self, MoveError> {
        let parts = ["", "-wal", "-shm", "-stamp"].map(|end| beside(path, end));
        let found: Vec<String> = parts
            .iter()
            .filter(|part| part.symlink_metadata().is_ok())
            .filter_map(|part| Some(part.file_name()?.to_string_lossy().into_owned()))
            .collect();
        let folder = path.parent().unwrap_or(path);
        if !found.is_empty() {
            return Err(MoveError::NotEmpty {
                target: folder.display().to_string(),
                found: found.join(", "),
                advice: "name another folder, or move these files away",
            });
        }
        let unfinished = unfinished(path);
        Ok(Self { path: path.to_owned(), unfinished, connection: None, is_published: false })
    }

    fn connection(&self) -> Result<&Connection, MoveError> {
        self.connection.as_ref().ok_or_else(|| engine(&self.unfinished, &"it is not open"))
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> MoveError {
        engine(&self.unfinished, error)
    }

    /// Removes the file of a move that broke off, with the files of SQLite beside it.
    fn remove_unfinished(&self) -> io::Result<()> {
        for end in ["-journal", "-wal", "-shm", ""] {
            match fs::remove_file(beside(&self.unfinished, end)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn create(&self, schema: &[Table]) -> Result<Connection, MoveError> {
        let failed = |error: rusqlite::Error| self.failed(&error);
        let mut connection = Connection::open(&self.unfinished).map_err(failed)?;
        // The file counts only after its end was reached and synced, so no step before has to survive a crash.
        for (pragma, value) in [("journal_mode", "OFF"), ("synchronous", "OFF")] {
            connection.pragma_update(None, pragma, value).map_err(failed)?;
        }
        migrations::run(&mut connection, &self.unfinished)?;
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)
            .map_err(failed)?;
        connection.pragma_update(None, "foreign_keys", false).map_err(failed)?;
        connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
        for table in schema {
            connection.execute(&format!("DELETE FROM \"{}\"", table.name), []).map_err(failed)?;
        }
        connection.execute_batch("DELETE FROM sqlite_sequence").map_err(failed)?;
        Ok(connection)
    }
}

impl TableReader for FileTarget {
    fn pages(&mut self, table: &Table, visit: &mut PageVisit<'_>) -> Result<(), MoveError> {
        reading::pages(self.connection()?, &self.unfinished, table, visit)
    }

    fn count(&mut self, table: &Table) -> Result<u64, MoveError> {
        reading::count(self.connection()?, &self.unfinished, table)
    }

    fn last_id(&mut self, table: &Table) -> Result<Option<i64>, MoveError> {
        reading::last_id(self.connection()?, &self.unfinished, table)
    }
}

impl MoveTarget for FileTarget {
    fn begin(&mut self, tables: &[Table]) -> Result<(), MoveError> {
        self.remove_unfinished().map_err(|error| self.failed(&error))?;
        self.connection = Some(self.create(tables)?);
        Ok(())
    }

    fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), MoveError> {
        let connection = self.connection()?;
        reading::insert(connection, table, rows, &mut |row, error| {
            let key = describe_key(table, row);
            Err(MoveError::Row { detail: format!("{} ({key}): {error}", table.name) })
        })
    }

    fn set_last_id(&mut self, table: &Table, last: i64) -> Result<bool, MoveError> {
        let connection = self.connection()?;
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1 \
            AND sql LIKE '%AUTOINCREMENT%'";
        let has_sequence: bool = connection
            .query_row(sql, [&table.name], |row| row.get(0))
            .map_err(|error| self.failed(&error))?;
        if has_sequence && last > 0 {
            let set = "DELETE FROM sqlite_sequence WHERE name = ?1";
            connection.execute(set, [&table.name]).map_err(|error| self.failed(&error))?;
            let set = "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)";
            let set = connection.execute(set, rusqlite::params![table.name, last]);
            set.map_err(|error| self.failed(&error))?;
        }
        Ok(has_sequence)
    }

    fn complete(&mut self, tables: &[Table]) -> Result<(), MoveError> {
        let connection = self.connection()?;
        let failed = |error: rusqlite::Error| self.failed(&error);
        connection.execute_batch("COMMIT").map_err(failed)?;
        for table in tables {
            let sql = format!("PRAGMA foreign_key_check(\"{}\")", table.name);
            if connection.prepare(&sql).and_then(|mut it| it.exists([])).map_err(failed)? {
                let detail = format!("a row of {} references a missing row", table.name);
                return Err(MoveError::Row { detail });
            }
        }
        connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        // The comparison reads the file, with a new connection.
        self.connection = None;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reading = Connection::open_with_flags(&self.unfinished, flags);
        self.connection = Some(reading.map_err(|error| self.failed(&error))?);
        let found = tables::of(self.connection()?).map_err(|error| self.failed(&error))?;
        let is_foreign = |table: &Table| is_moved(&table.name) && !tables.contains(table);
        match found.into_iter().find(is_foreign) {
            Some(table) => Err(self.failed(&format!("the table {} was not moved", table.name))),
            None => Ok(()),
        }
    }

    fn publish(&mut self) -> Result<(), MoveError> {
        // The last connection removes the write-ahead log.
        self.connection = None;
        let publish = || {
            File::open(&self.unfinished)?.sync_all()?;
            fs::rename(&self.unfinished, &self.path)?;
            self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        publish().map_err(|error: io::Error| self.failed(&error))?;
        self.is_published = true;
        Ok(())
    }
}

/// A move that failed leaves nothing; one that was killed leaves the file, beside which no server starts.
impl Drop for FileTarget {
    fn drop(&mut self) {
        if !self.is_published && self.connection.take().is_some() {
            // The next move removes it otherwise.
            self.remove_unfinished().ok();
        }
    }
}
