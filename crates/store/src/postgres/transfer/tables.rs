//! The tables of a PostgreSQL database, from its catalogue.

use tokio_postgres::Row;

use super::{MoveConnection, failed};
use crate::transfer::{ColumnKind, MoveError, Reference, Table, TableColumn};

/// The columns of all tables of the schema in which the server creates its own. The key's columns have their number in it.
const COLUMNS: &str = "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, \
    coalesce(array_position(i.indkey::int2[], a.attnum), -1)::int \
    FROM pg_class AS c \
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary \
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') \
    ORDER BY c.oid, a.attnum";
/// The foreign keys of one column.
const REFERENCES: &str = "SELECT c.relname::text, a.attname::text, t.relname::text, b.attname::text \
    FROM pg_constraint AS k \
    JOIN pg_class AS c ON c.oid = k.conrelid \
    JOIN pg_class AS t ON t.oid = k.confrelid \
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.conkey[1] \
    JOIN pg_attribute AS b ON b.attrelid = t.oid AND b.attnum = k.confkey[1] \
    WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace";

/// All tables.
pub(super) fn of(connection: &mut MoveConnection) -> Result<Vec<Table>, MoveError> {
    let (columns, references) = (connection.all(COLUMNS)?, connection.all(REFERENCES)?);
    let mut tables: Vec<Table> = Vec::new();
    let mut keys: Vec<Vec<(i32, usize)>> = Vec::new();
    for row in &columns {
        let name: String = row.try_get(0).map_err(failed)?;
        if tables.last().is_none_or(|table| table.name != name) {
            tables.push(Table {
                name,
                columns: Vec::new(),
                key: Vec::new(),
                references: Vec::new(),
            });
            keys.push(Vec::new());
        }
        let (Some(table), Some(key)) = (tables.last_mut(), keys.last_mut()) else { continue };
        let in_key: i32 = row.try_get(4).map_err(failed)?;
        if in_key >= 0 {
            key.push((in_key, table.columns.len()));
        }
        table.columns.push(column(row)?);
    }
    for (table, mut key) in tables.iter_mut().zip(keys) {
        key.sort_unstable();
        table.key = key.into_iter().map(|(_, column)| column).collect();
    }
    for row in &references {
        let (name, column): (String, String) =
            (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
        let Some(table) = tables.iter_mut().find(|table| table.name == name) else { continue };
        let Some(column) = table.columns.iter().position(|it| it.name == column) else { continue };
        let (to_table, to_column) =
            (row.try_get(2).map_err(failed)?, row.try_get(3).map_err(failed)?);
        table.references.push(Reference { column, to_table, to_column });
    }
    Ok(tables)
}

fn column(row: &Row) -> Result<TableColumn, MoveError> {
    let kind: String = row.try_get(2).map_err(failed)?;
    let is_required: bool = row.try_get(3).map_err(failed)?;
    Ok(TableColumn {
        name: row.try_get(1).map_err(failed)?,
        kind: match kind.as_str() {
            "bigint" => ColumnKind::Integer,
            "text" => ColumnKind::Text,
            "bytea" => ColumnKind::Bytes,
            _ => ColumnKind::Other,
        },
        is_nullable: !is_required,
    })
}
