//! Conversions between values of the domain and values of SQLite.

use std::borrow::Cow;

use rusqlite::Row;
use rusqlite::types::{FromSqlError, FromSqlResult, ValueRef};

/// A number as SQLite stores it. Clients may name ids and positions beyond the range of SQLite. All
/// of them become the largest integer, which no row has.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that the schema keeps from being negative.
pub(super) fn natural(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// A text that another program may have written. SQLite accepts bytes that are not UTF-8; they are
/// replaced, because an error would block all later rows.
pub(super) fn text(value: ValueRef<'_>) -> FromSqlResult<Cow<'_, str>> {
    match value {
        ValueRef::Text(bytes) => Ok(String::from_utf8_lossy(bytes)),
        _ => Err(FromSqlError::InvalidType),
    }
}
