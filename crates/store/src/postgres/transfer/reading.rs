//! The rows of a PostgreSQL database.

use std::error::Error;

use futures_util::{StreamExt, pin_mut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::{MoveConnection, failed};
use crate::transfer::{Cell, ColumnKind, MoveError, PageBuffer, PageVisit, Row, Table};

impl<'a> FromSql<'a> for Cell {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *ty {
            Type::INT8 => Self::Integer(i64::from_sql(ty, raw)?),
            Type::TEXT => Self::Text(raw.to_owned()),
            Type::BYTEA => Self::Bytes(raw.to_owned()),
            _ => Self::Other("a value of another type"),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl ToSql for Cell {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null | Self::Other(_) => return Ok(IsNull::Yes),
            Self::Integer(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::Text(bytes) | Self::Bytes(bytes) => out.extend_from_slice(bytes),
        }
        Ok(IsNull::No)
    }

    /// The kinds of the columns were compared before.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Calls `visit` for the rows of a table in the order of its key, in pages. Texts are ordered by their bytes, as in
/// SQLite.
pub(super) fn pages(
    connection: &mut MoveConnection,
    table: &Table,
    visit: &mut PageVisit<'_>,
) -> Result<(), MoveError> {
    let order = table.key.iter().filter_map(|&it| {
        let column = table.columns.get(it)?;
        let collation = if column.kind == ColumnKind::Text { " COLLATE \"C\"" } else { "" };
        Some(format!("\"{}\"{collation}", column.name))
    });
    let order: Vec<String> = order.collect();
    let sql = format!(
        "SELECT {} FROM \"{}\" ORDER BY {}",
        table.column_list(),
        table.name,
        order.join(", ")
    );
    let MoveConnection { runtime, client, .. } = connection;
    runtime.block_on(async {
        let rows = client.query_raw(&sql, std::iter::empty::<i64>()).await.map_err(failed)?;
        pin_mut!(rows);
        let mut page = PageBuffer::new(visit);
        while let Some(row) = rows.next().await {
            let row = row.map_err(failed)?;
            let cells: Result<Row, _> =
                (0..table.columns.len()).map(|column| row.try_get(column)).collect();
            page.push(cells.map_err(failed)?)?;
        }
        page.flush()
    })
}

/// The number of rows of a table.
pub(super) fn count(connection: &mut MoveConnection, table: &Table) -> Result<u64, MoveError> {
    let count: i64 = connection.one(&format!("SELECT count(*) FROM \"{}\"", table.name))?;
    Ok(count.unsigned_abs())
}

/// The largest id that a table with a numbered key has given out.
pub(super) fn last_id(
    connection: &mut MoveConnection,
    table: &Table,
) -> Result<Option<i64>, MoveError> {
    let Some(key) = table.numbered_key() else { return Ok(None) };
    let sql = format!("SELECT coalesce(max(\"{}\"), 0)::bigint FROM \"{}\"", key.name, table.name);
    let largest: i64 = connection.one(&sql)?;
    let Some(sequence) = sequence(connection, table)? else { return Ok(Some(largest)) };
    let sql = format!(
        "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}"
    );
    let given: i64 = connection.one(&sql)?;
    Ok(Some(largest.max(given)))
}

/// The sequence of a table's numbered key, quoted for a statement.
pub(super) fn sequence(
    connection: &mut MoveConnection,
    table: &Table,
) -> Result<Option<String>, MoveError> {
    let Some(key) = table.numbered_key() else { return Ok(None) };
    let name = format!("'\"{}\"', '{}'", table.name, key.name);
    connection.one(&format!("SELECT pg_get_serial_sequence({name})"))
}
