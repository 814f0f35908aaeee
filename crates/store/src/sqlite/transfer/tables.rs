//! The tables of a database file, from its schema.

use rusqlite::Connection;

use crate::transfer::{ColumnKind, Reference, Table, TableColumn};

/// All tables, in the order of their creation.
pub(super) fn of(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
        ORDER BY rowid";
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    names.map(|name| table(connection, name?)).collect()
}

fn table(connection: &Connection, name: String) -> rusqlite::Result<Table> {
    let sql = "SELECT name, type, \"notnull\", pk FROM pragma_table_info(?1) ORDER BY cid";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([&name])?;
    let (mut columns, mut key) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let kind: String = row.get(1)?;
        let (is_required, in_key): (bool, i64) = (row.get(2)?, row.get(3)?);
        if in_key > 0 {
            key.push((in_key, columns.len()));
        }
        columns.push(TableColumn {
            name: row.get(0)?,
            kind: match kind.as_str() {
                "INTEGER" => ColumnKind::Integer,
                "TEXT" => ColumnKind::Text,
                "BLOB" => ColumnKind::Bytes,
                _ => ColumnKind::Other,
            },
            // SQLite does not declare the columns of a numbered key as such.
            is_nullable: !is_required && in_key == 0,
        });
    }
    key.sort_unstable();
    let references = references(connection, &name, &columns)?;
    Ok(Table {
        name,
        columns,
        key: key.into_iter().map(|(_, column)| column).collect(),
        references,
    })
}

fn references(
    connection: &Connection,
    table: &str,
    columns: &[TableColumn],
) -> rusqlite::Result<Vec<Reference>> {
    let sql = "SELECT \"from\", \"table\", coalesce(\"to\", 'id') FROM pragma_foreign_key_list(?1) ORDER BY id, seq";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([table])?;
    let mut references = Vec::new();
    while let Some(row) = rows.next()? {
        let from: String = row.get(0)?;
        if let Some(column) = columns.iter().position(|column| column.name == from) {
            references.push(Reference { column, to_table: row.get(1)?, to_column: row.get(2)? });
        }
    }
    Ok(references)
}
