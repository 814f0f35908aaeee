//! The rows of a database file.

use std::path::Path;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, ToSql};

use super::engine;
use crate::transfer::{Cell, MoveError, PageBuffer, PageVisit, Row, Table};

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Text(bytes) => Self::Text(bytes.to_owned()),
            ValueRef::Blob(bytes) => Self::Bytes(bytes.to_owned()),
            ValueRef::Real(_) => Self::Other("a number with a fraction"),
        }
    }
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null | Self::Other(_) => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(bytes) => ValueRef::Text(bytes),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Calls `visit` for the rows of a table in the order of its key, in pages.
pub(super) fn pages(
    connection: &Connection,
    path: &Path,
    table: &Table,
    visit: &mut PageVisit<'_>,
) -> Result<(), MoveError> {
    let failed = |error: rusqlite::Error| engine(path, &error);
    let sql = format!(
        "SELECT {} FROM \"{}\" ORDER BY {}",
        table.column_list(),
        table.name,
        table.key_columns().join(", ")
    );
    let mut statement = connection.prepare(&sql).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut page = PageBuffer::new(visit);
    while let Some(row) = rows.next().map_err(failed)? {
        let cells: rusqlite::Result<Row> =
            (0..table.columns.len()).map(|column| Ok(row.get_ref(column)?.into())).collect();
        page.push(cells.map_err(failed)?)?;
    }
    page.flush()
}

/// The number of rows of a table.
pub(super) fn count(connection: &Connection, path: &Path, table: &Table) -> Result<u64, MoveError> {
    let sql = format!("SELECT count(*) FROM \"{}\"", table.name);
    let count = connection.query_row(&sql, [], |row| row.get::<_, i64>(0));
    count.map(i64::unsigned_abs).map_err(|error| engine(path, &error))
}

/// The largest id that a table with a numbered key has given out.
pub(super) fn last_id(
    connection: &Connection,
    path: &Path,
    table: &Table,
) -> Result<Option<i64>, MoveError> {
    let Some(key) = table.numbered_key() else { return Ok(None) };
    let failed = |error: rusqlite::Error| engine(path, &error);
    let sql = format!("SELECT coalesce(max(\"{}\"), 0) FROM \"{}\"", key.name, table.name);
    let largest: i64 = connection.query_row(&sql, [], |row| row.get(0)).map_err(failed)?;
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
    let given: Option<i64> =
        connection.query_row(sql, [&table.name], |row| row.get(0)).optional().map_err(failed)?;
    Ok(Some(largest.max(given.unwrap_or(0))))
}

/// Appends rows to a table.
pub(super) fn insert(
    connection: &Connection,
    table: &Table,
    rows: &[Row],
    refused: &mut dyn FnMut(&Row, rusqlite::Error) -> Result<(), MoveError>,
) -> Result<(), MoveError> {
    let parameters: Vec<String> = (1..=table.columns.len()).map(|it| format!("?{it}")).collect();
    let sql = format!(
        "INSERT INTO \"{}\" ({}) VALUES ({})",
        table.name,
        table.column_list(),
        parameters.join(", ")
    );
    let prepared = connection.prepare_cached(&sql);
    let mut statement = prepared.map_err(|error| engine(Path::new(&table.name), &error))?;
    for row in rows {
        if let Err(error) = statement.execute(rusqlite::params_from_iter(row)) {
            refused(row, error)?;
        }
    }
    Ok(())
}
