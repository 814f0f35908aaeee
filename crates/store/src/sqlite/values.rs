//! Conversions between values of the domain and values of SQLite.
//!
//! Other programs write to the database too, and SQLite accepts bytes that are no UTF-8. An unreadable
//! value is replaced here by a readable one, so that its row, its room and its user stay usable.

use std::borrow::Cow;

use madang_shared::CommandId;
use rusqlite::Row;
use rusqlite::types::{FromSqlError, FromSqlResult, ValueRef};

/// A number as SQLite stores it. Clients may name ids and positions beyond the range of SQLite. All
/// of them become the largest integer, which no row has.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that the schema keeps from being negative. A negative one counts as 0.
pub(super) fn natural(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    Ok(u64::try_from(number).unwrap_or(0))
}

/// A number that may be absent; see [`natural`].
pub(super) fn optional_natural(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    let number: Option<i64> = row.get(column)?;
    Ok(number.map(|number| u64::try_from(number).unwrap_or(0)))
}

/// A text that another program may have written. Bytes that are no UTF-8 become U+FFFD.
pub(super) fn text(value: ValueRef<'_>) -> FromSqlResult<Cow<'_, str>> {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(String::from_utf8_lossy(bytes)),
        _ => Err(FromSqlError::InvalidType),
    }
}

/// The text of a column; see [`text`]. A missing text becomes U+FFFD.
pub(super) fn string(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    let found = optional_string(row, column)?;
    Ok(found.unwrap_or_else(|| char::REPLACEMENT_CHARACTER.to_string()))
}

/// The text of a column that may be empty; see [`text`].
pub(super) fn optional_string(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(text(row.get_ref(column)?).ok().map(Cow::into_owned))
}

/// The id of a command. One of another length becomes the id that no command has.
pub(super) fn command_id(row: &Row<'_>, column: usize) -> rusqlite::Result<CommandId> {
    let id = row.get_ref(column)?.as_blob().ok().and_then(|id| uuid::Uuid::from_slice(id).ok());
    Ok(CommandId(id.unwrap_or_default()))
}
