//! An empty database in memory with the schema: it tells the tables, and whether a row keeps their rules.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::{engine, reading, tables};
use crate::sqlite::migrations;
use crate::transfer::{MoveError, Row, Table, in_order_of_references, is_moved};

/// The name of the database in errors.
const IN_MEMORY: &str = ":memory:";

/// The database in memory.
pub(crate) struct ScratchDatabase {
    connection: Connection,
}

impl ScratchDatabase {
    /// A migrated database without rows.
    pub(crate) fn create() -> Result<Self, MoveError> {
        let path = Path::new(IN_MEMORY);
        let failed = |error: rusqlite::Error| engine(path, &error);
        let mut connection = Connection::open_in_memory().map_err(failed)?;
        migrations::run(&mut connection, path)?;
        // The rules of single rows alone: other rows are not there.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)
            .map_err(failed)?;
        connection.pragma_update(None, "foreign_keys", false).map_err(failed)?;
        let scratch = Self { connection };
        for table in scratch.all_tables()? {
            let sql = format!("DELETE FROM \"{}\"", table.name);
            if is_moved(&table.name) {
                scratch.connection.execute(&sql, []).map_err(failed)?;
            }
        }
        Ok(scratch)
    }

    /// All tables of the schema.
    pub(crate) fn all_tables(&self) -> Result<Vec<Table>, MoveError> {
        tables::of(&self.connection).map_err(|error| engine(Path::new(IN_MEMORY), &error))
    }

    /// The tables that are moved, each after those that it references.
    pub(crate) fn moved_tables(&self) -> Result<Vec<Table>, MoveError> {
        let tables = self.all_tables()?.into_iter().filter(|table| is_moved(&table.name));
        Ok(in_order_of_references(tables.collect()))
    }

    /// Calls `refused` for each row that breaks a rule of its table.
    pub(crate) fn check(
        &mut self,
        table: &Table,
        rows: &[Row],
        refused: &mut dyn FnMut(&Row, String),
    ) -> Result<(), MoveError> {
        let failed = |error: rusqlite::Error| engine(Path::new(IN_MEMORY), &error);
        // Rolled back at its end.
        let transaction = self.connection.transaction().map_err(failed)?;
        reading::insert(&transaction, table, rows, &mut |row, error| {
            refused(row, error.to_string());
            Ok(())
        })
    }
}
