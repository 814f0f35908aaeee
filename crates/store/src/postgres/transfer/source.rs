//! A PostgreSQL database as the source of a move.

use super::{MoveConnection, NAME, reading, tables};
use crate::postgres::identity::IS_UNCHANGED;
use crate::postgres::migrations;
use crate::postgres::options::{ConnectError, ConnectOptions};
use crate::transfer::{
    MoveError, MoveSource, PageVisit, Reference, Row, SchemaDifferences, Table, TableReader,
    compare,
};

/// A transaction that sees one state of the database.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ";

/// A PostgreSQL database in a transaction.
pub(crate) struct PostgresSource {
    connection: MoveConnection,
    unknown_tables: Vec<String>,
}

impl PostgresSource {
    /// Connects to a database whose schema must be the current one. A trial locks nothing, so that servers may use it.
    pub(crate) fn open(
        options: &ConnectOptions,
        schema: &[Table],
        is_trial: bool,
    ) -> Result<Self, MoveError> {
        let mut connection = MoveConnection::open(options, is_trial)?;
        check_version(&mut connection)?;
        if !connection.is_in_use {
            check_identity(&mut connection)?;
        }
        let found = tables::of(&mut connection)?;
        let SchemaDifferences { faults, unknown_tables } = compare(schema, &found);
        if !faults.is_empty() {
            return Err(MoveError::Schema { name: NAME.to_owned(), detail: faults.join("; ") });
        }
        connection.execute(BEGIN)?;
        if !is_trial {
            // Other programs wait until the move has ended. The lock comes before the snapshot.
            let names: Vec<String> =
                schema.iter().map(|table| format!("\"{}\"", table.name)).collect();
            connection.execute(&format!("LOCK TABLE {} IN SHARE MODE", names.join(", ")))?;
        }
        Ok(Self { connection, unknown_tables })
    }
}

fn check_version(connection: &mut MoveConnection) -> Result<(), MoveError> {
    let table =
        "SELECT to_regclass(quote_ident(current_schema()) || '.schema_migrations') IS NOT NULL";
    let nothing = || MoveError::NoDatabase { source_name: "the PostgreSQL database".to_owned() };
    if !connection.one::<bool>(table)? {
        return Err(nothing());
    }
    let newest = "SELECT coalesce(max(version), 0)::bigint FROM schema_migrations";
    let (found, known) = (connection.one::<i64>(newest)?, migrations::newest());
    match found {
        0 => Err(nothing()),
        _ if found > known => Err(ConnectError::Newer { found, known }.into()),
        _ if found < known => Err(MoveError::Older { found, expected: known }),
        _ => Ok(()),
    }
}

/// Refuses a database that the next server would find to be another one.
fn check_identity(connection: &mut MoveConnection) -> Result<(), MoveError> {
    if connection.one(IS_UNCHANGED)? {
        return Ok(());
    }
    let reason = "the database was restored or moved, or a standby has taken over";
    Err(MoveError::LostCommits { reason: reason.to_owned() })
}

impl TableReader for PostgresSource {
    fn pages(&mut self, table: &Table, visit: &mut PageVisit<'_>) -> Result<(), MoveError> {
        reading::pages(&mut self.connection, table, visit)
    }

    fn count(&mut self, table: &Table) -> Result<u64, MoveError> {
        reading::count(&mut self.connection, table)
    }

    fn last_id(&mut self, table: &Table) -> Result<Option<i64>, MoveError> {
        reading::last_id(&mut self.connection, table)
    }
}

impl MoveSource for PostgresSource {
    fn is_in_use(&self) -> bool {
        self.connection.is_in_use
    }

    fn unknown_tables(&self) -> &[String] {
        &self.unknown_tables
    }

    fn bytes(&mut self) -> Result<u64, MoveError> {
        let bytes: i64 = self.connection.one("SELECT pg_database_size(current_database())")?;
        Ok(bytes.unsigned_abs())
    }

    /// PostgreSQL enforces foreign keys for every program.
    fn orphans(&mut self, _: &Table, _: &Reference) -> Result<Vec<Row>, MoveError> {
        Ok(Vec::new())
    }

    /// The next server finds another identity than its own.
    fn retire(&mut self) -> Result<(), MoveError> {
        let sql = "INSERT INTO cluster_identity (id, identity) VALUES (1, 'moved') \
            ON CONFLICT (id) DO UPDATE SET identity = excluded.identity";
        self.connection.execute(sql)?;
        self.connection.execute("COMMIT")
    }
}
