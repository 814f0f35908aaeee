//! A database file as the source of a move.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{beside, engine, reading, tables};
use crate::sqlite::database_lock::DatabaseLock;
use crate::sqlite::options::OpenError;
use crate::sqlite::{durability, migrations, open};
use crate::transfer::{
    Cell, MoveError, MoveSource, PageVisit, Reference, Row, SchemaDifferences, Table, TableReader,
    compare,
};

/// The rows without their referenced row that are named, for each foreign key.
const MAX_ORPHANS: usize = 20;

/// A database file in a transaction, which sees one state of it.
pub(crate) struct FileSource {
    connection: Connection,
    path: PathBuf,
    is_in_use: bool,
    unknown_tables: Vec<String>,
    /// Closed after the connection.
    _lock: Option<DatabaseLock>,
}

impl FileSource {
    /// Opens a file whose schema must be the current one. A trial locks nothing, so that a server may use the file.
    pub(crate) fn open(path: &Path, schema: &[Table], is_trial: bool) -> Result<Self, MoveError> {
        // Before the lock, which would create a missing file.
        if !path.is_file() {
            return Err(MoveError::NoDatabase { source_name: path.display().to_string() });
        }
        let lock = match DatabaseLock::acquire(path) {
            Ok(lock) => Some(lock),
            Err(OpenError::InUse { .. }) if is_trial => None,
            Err(error) => return Err(error.into()),
        };
        let is_in_use = lock.is_none();
        // Now, because closing a handle of the file releases SQLite's locks on it.
        let lock = lock.filter(|_| !is_trial);
        // The stamp is beside the real file.
        let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let explain = |error: rusqlite::Error| OpenError::explain(path, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(explain)?;
        connection.busy_timeout(open::BUSY).map_err(explain)?;
        open::check_application(&connection, path)?;
        migrations::refuse_newer(&connection, path)?;
        match (migrations::applied(&connection).map_err(explain)?, migrations::newest()) {
            (Some(found), expected) if found == expected => {}
            (None | Some(0), _) => {
                return Err(MoveError::NoDatabase { source_name: path.display().to_string() });
            }
            (Some(found), expected) => return Err(MoveError::Older { found, expected }),
        }
        if !is_in_use {
            let lost = durability::sign_of_loss(&connection, path)
                .map_err(|error| OpenError::of_statement(path, error))?;
            if let Some(reason) = lost {
                return Err(MoveError::LostCommits { reason: reason.to_owned() });
            }
        }
        // Other programs wait until the move has ended. A trial only reads.
        let begin = if is_trial { "BEGIN" } else { "BEGIN IMMEDIATE" };
        connection.execute_batch(begin).map_err(explain)?;
        let found = tables::of(&connection).map_err(explain)?;
        let SchemaDifferences { faults, unknown_tables } = compare(schema, &found);
        if !faults.is_empty() {
            let (name, detail) = (path.display().to_string(), faults.join("; "));
            return Err(MoveError::Schema { name, detail });
        }
        Ok(Self { connection, path: path.to_owned(), is_in_use, unknown_tables, _lock: lock })
    }

    fn failed(&self, error: &rusqlite::Error) -> MoveError {
        engine(&self.path, error)
    }
}

impl TableReader for FileSource {
    fn pages(&mut self, table: &Table, visit: &mut PageVisit<'_>) -> Result<(), MoveError> {
        reading::pages(&self.connection, &self.path, table, visit)
    }

    fn count(&mut self, table: &Table) -> Result<u64, MoveError> {
        reading::count(&self.connection, &self.path, table)
    }

    fn last_id(&mut self, table: &Table) -> Result<Option<i64>, MoveError> {
        reading::last_id(&self.connection, &self.path, table)
    }
}

impl MoveSource for FileSource {
    fn is_in_use(&self) -> bool {
        self.is_in_use
    }

    fn unknown_tables(&self) -> &[String] {
        &self.unknown_tables
    }

    fn bytes(&mut self) -> Result<u64, MoveError> {
        let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        let bytes = self.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        bytes.map(i64::unsigned_abs).map_err(|error| self.failed(&error))
    }

    /// The shell of SQLite does not enforce foreign keys.
    fn orphans(&mut self, table: &Table, reference: &Reference) -> Result<Vec<Row>, MoveError> {
        let Some(column) = table.columns.get(reference.column) else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT {} FROM \"{}\" AS child WHERE \"{column}\" IS NOT NULL AND NOT EXISTS \
                (SELECT 1 FROM \"{}\" AS parent WHERE parent.\"{}\" = child.\"{column}\") LIMIT {MAX_ORPHANS}",
            table.column_list(),
            table.name,
            reference.to_table,
            reference.to_column,
            column = column.name,
        );
        let read = || {
            let mut statement = self.connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            let mut orphans = Vec::new();
            while let Some(row) = rows.next()? {
                let cells: rusqlite::Result<Vec<Cell>> =
                    (0..table.columns.len()).map(|it| Ok(row.get_ref(it)?.into())).collect();
                orphans.push(cells?);
            }
            Ok(orphans)
        };
        read().map_err(|error| self.failed(&error))
    }

    /// A database that has had a stamp and is without it counts as a copy.
    fn retire(&mut self) -> Result<(), MoveError> {
        let sql = "UPDATE durability SET stamped = 1; COMMIT";
        self.connection.execute_batch(sql).map_err(|error| self.failed(&error))?;
        let stamp = beside(&self.path, "-stamp");
        match std::fs::remove_file(&stamp) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(engine(&stamp, &error))
            }
            _ => Ok(()),
        }
    }
}
