//! A PostgreSQL database as the target of a move. The schema and all rows are written in one transaction, so a move that
//! breaks off leaves an empty database.

use bytes::Bytes;
use tokio_postgres::Error;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::error::DbError;
use tokio_postgres::types::Type;

use super::{MoveConnection, NAME, reading, tables};
use crate::postgres::errors::describe;
use crate::postgres::migrations;
use crate::postgres::options::ConnectOptions;
use crate::transfer::{
    ColumnKind, MoveError, MoveTarget, PageVisit, Row, SchemaDifferences, Table, TableReader,
    compare, describe_key,
};

/// The tables, views and sequences of the schema that belong to no extension.
const RELATIONS: &str = "SELECT coalesce(string_agg(relname, ', ' ORDER BY relname), '') FROM (
    SELECT relname::text FROM pg_class AS c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        AND NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY relname LIMIT 5) AS found";
/// Each row is a condition that the database must fulfil, and the sentence if it does not.
const CONDITIONS: &str = "SELECT (CASE
    WHEN pg_is_in_recovery() THEN 'PostgreSQL is a standby; name the primary'
    WHEN current_setting('transaction_read_only') = 'on'
        THEN 'the database is read-only; set default_transaction_read_only to off'
    WHEN current_setting('server_encoding') <> 'UTF8' THEN 'the encoding of the database is '
        || current_setting('server_encoding') || '; create it with ENCODING ''UTF8'' TEMPLATE template0'
    WHEN current_schema() IS NULL THEN 'the search_path names no schema that exists'
    WHEN NOT has_schema_privilege(current_schema(), 'CREATE') THEN 'the user may not create tables in the schema '
        || current_schema() || '; make the user the owner of the database'
    WHEN NOT has_function_privilege('pg_control_system()', 'EXECUTE')
        THEN 'the user may not execute pg_control_system(), which a server needs; grant it'
    ELSE '' END)::text";

/// A PostgreSQL database that is empty.
pub(crate) struct PostgresTarget {
    connection: MoveConnection,
}

impl PostgresTarget {
    /// Connects, and refuses a database that is not empty or cannot take the data. Writes nothing.
    pub(crate) fn inspect(options: &ConnectOptions, is_trial: bool) -> Result<Self, MoveError> {
        let mut connection = MoveConnection::open(options, is_trial)?;
        let detail: String = connection.one(CONDITIONS)?;
        if !detail.is_empty() {
            return Err(MoveError::Unfit { detail });
        }
        let found: String = connection.one(RELATIONS)?;
        if !found.is_empty() {
            return Err(MoveError::NotEmpty {
                target: "the PostgreSQL database".to_owned(),
                found,
                advice: "create an empty database with `createdb`, and name that one",
            });
        }
        Ok(Self { connection })
    }
}

impl TableReader for PostgresTarget {
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

impl MoveTarget for PostgresTarget {
    fn begin(&mut self, schema: &[Table]) -> Result<(), MoveError> {
        self.connection.execute("BEGIN")?;
        self.connection.execute(&migrations::creation())?;
        let found = tables::of(&mut self.connection)?;
        let SchemaDifferences { faults, unknown_tables } = compare(schema, &found);
        if !faults.is_empty() || !unknown_tables.is_empty() {
            let detail = faults.into_iter().chain(unknown_tables).collect::<Vec<_>>().join("; ");
            return Err(MoveError::Schema { name: NAME.to_owned(), detail });
        }
        // The rows of a new database go, and the triggers must not append events.
        for table in schema {
            self.connection
                .execute(&format!("ALTER TABLE \"{}\" DISABLE TRIGGER USER", table.name))?;
        }
        for table in schema.iter().rev() {
            self.connection.execute(&format!("DELETE FROM \"{}\"", table.name))?;
        }
        self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    }

    fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), MoveError> {
        let sql = format!("COPY \"{}\" ({}) FROM STDIN BINARY", table.name, table.column_list());
        let types: Vec<Type> = table.columns.iter().map(|column| type_of(column.kind)).collect();
        let MoveConnection { runtime, client, .. } = &mut self.connection;
        let copied = runtime.block_on(async {
            let sink = client.copy_in::<_, Bytes>(&sql).await?;
            let mut writer = Box::pin(BinaryCopyInWriter::new(sink, &types));
            for row in rows {
                writer.as_mut().write_raw(row).await?;
            }
            writer.as_mut().finish().await
        });
        let written = copied.map_err(|error| refused_row(&error, table, rows))?;
        if written == rows.len() as u64 {
            return Ok(());
        }
        let detail = format!("{} took {written} of {} rows", table.name, rows.len());
        Err(MoveError::Row { detail })
    }

    fn set_last_id(&mut self, table: &Table, last: i64) -> Result<bool, MoveError> {
        let Some(sequence) = reading::sequence(&mut self.connection, table)? else {
            return Ok(false);
        };
        let (value, is_called) = if last > 0 { (last, true) } else { (1, false) };
        self.connection.execute(&format!("SELECT setval('{sequence}', {value}, {is_called})"))?;
        Ok(true)
    }

    fn complete(&mut self, schema: &[Table]) -> Result<(), MoveError> {
        for table in schema {
            self.connection
                .execute(&format!("ALTER TABLE \"{}\" ENABLE TRIGGER USER", table.name))?;
        }
        // The planner knows the tables from the first query on.
        self.connection.execute("ANALYZE")
    }

    fn publish(&mut self) -> Result<(), MoveError> {
        self.connection.execute("COMMIT")
    }
}

fn type_of(kind: ColumnKind) -> Type {
    match kind {
        ColumnKind::Integer => Type::INT8,
        ColumnKind::Text | ColumnKind::Other => Type::TEXT,
        ColumnKind::Bytes => Type::BYTEA,
    }
}

/// PostgreSQL tells the number of the refused row in the page. Its own description of the row may hold private texts, so it
/// is left out.
fn refused_row(error: &Error, table: &Table, rows: &[Row]) -> MoveError {
    // Constraints, and values that the type of a column cannot hold.
    let is_about_a_value = |it: &&DbError| matches!(it.code().code().get(..2), Some("22" | "23"));
    let Some(database) = error.as_db_error().filter(is_about_a_value) else {
        return MoveError::Engine { name: NAME.to_owned(), detail: describe(error) };
    };
    let context = database.where_().unwrap_or_default();
    let number = context.split_once(", line ").map(|(_, rest)| rest);
    let number = number.and_then(|rest| rest.split(|it: char| !it.is_ascii_digit()).next());
    let row = number.and_then(|it| it.parse::<usize>().ok()?.checked_sub(1));
    let key = row
        .and_then(|row| rows.get(row))
        .map_or_else(|| "one of the rows".to_owned(), |row| describe_key(table, row));
    MoveError::Row { detail: format!("{} ({key}): {}", table.name, database.message()) }
}
