//! The statements of a transaction of SQLite.

use madang_hub::ports::StoreError;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, ToSql, ffi};

use super::damage::Damage;
use crate::error::{EngineError, StatementError};
use crate::readers::ReadConnection;
use crate::rules::refusals;
use crate::transaction::{Column, Columns, Row, Transaction, Value, Visit};

impl Transaction for Connection {
    fn execute(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StatementError> {
        let mut statement = bound(self, sql, values)?;
        Ok(u64::try_from(statement.raw_execute()?).unwrap_or(u64::MAX))
    }

    fn size_query(&self) -> &'static str {
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    }

    fn visit(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        visit: &mut Visit<'_>,
    ) -> Result<(), StatementError> {
        let mut statement = bound(self, sql, values)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            if visit(&Row::new(row))?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// The statement, prepared once per connection, with its parameters.
fn bound<'c>(
    connection: &'c Connection,
    sql: &str,
    values: &[Value<'_>],
) -> rusqlite::Result<CachedStatement<'c>> {
    let mut statement = connection.prepare_cached(sql)?;
    for (index, value) in (1..).zip(values) {
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(statement)
}

/// A connection that reads, with the place of its errors.
#[derive(Debug)]
pub(super) struct ReadingConnection {
    pub(super) connection: Connection,
    pub(super) damage: Damage,
}

impl ReadConnection for ReadingConnection {
    fn in_transaction(&mut self, run: &mut dyn FnMut(Result<&dyn Transaction, &StoreError>)) {
        let Self { connection, damage } = self;
        // The transaction only reads, so the rollback at its drop is as good as a commit.
        match connection.unchecked_transaction() {
            Ok(transaction) => run(Ok(&*transaction)),
            Err(error) => run(Err(&damage.unavailable(&error))),
        }
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Columns for rusqlite::Row<'_> {
    fn column(&self, index: usize) -> Column<'_> {
        match self.get_ref(index) {
            Ok(ValueRef::Null) => Column::Null,
            Ok(ValueRef::Integer(number)) => Column::Integer(number),
            Ok(ValueRef::Text(bytes) | ValueRef::Blob(bytes)) => Column::Bytes(bytes),
            Ok(ValueRef::Real(_)) | Err(_) => Column::Other,
        }
    }
}

impl From<rusqlite::Error> for StatementError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error() {
            // Features check every row that they reference, except the author's.
            Some(inner) if inner.extended_code == ffi::SQLITE_CONSTRAINT_FOREIGNKEY => {
                Self::Refused(refusals::no_user())
            }
            Some(inner) if inner.code == ErrorCode::ConstraintViolation => {
                Self::Refused(refusals::constraint_violated())
            }
            None if matches!(error, rusqlite::Error::QueryReturnedNoRows) => Self::missing_row(),
            _ => Self::Engine(EngineError::Sqlite(error)),
        }
    }
}
