//! The rows of queries.
//!
//! Other programs write to the database too, and SQLite accepts bytes that are no UTF-8. An unreadable
//! value is replaced here by a readable one, so that its row, its room and its user stay usable.

use std::borrow::Cow;

use madang_shared::CommandId;

use crate::error::{EngineError, StatementError};

/// A value that an engine has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column<'a> {
    /// No value.
    Null,
    /// A whole number, or a truth value as 0 or 1.
    Integer(i64),
    /// A text, or bytes. Other programs may have written bytes that are no UTF-8.
    Bytes(&'a [u8]),
    /// A value that no rule reads.
    Other,
}

/// The columns of a row of an engine.
pub(crate) trait Columns {
    /// The value in a column, from 0.
    fn column(&self, index: usize) -> Column<'_>;
}

/// A row of a query.
pub struct Row<'a>(&'a dyn Columns);

impl<'a> Row<'a> {
    pub(crate) fn new(columns: &'a dyn Columns) -> Self {
        Self(columns)
    }

    /// A number.
    pub(crate) fn integer(&self, column: usize) -> Result<i64, StatementError> {
        match self.0.column(column) {
            Column::Integer(number) => Ok(number),
            _ => Err(EngineError::Column { column }.into()),
        }
    }

    /// A number that may be absent.
    pub(crate) fn optional_integer(&self, column: usize) -> Result<Option<i64>, StatementError> {
        match self.0.column(column) {
            Column::Null => Ok(None),
            _ => self.integer(column).map(Some),
        }
    }

    /// A number that the schema keeps from being negative. A negative one counts as 0.
    pub(crate) fn natural(&self, column: usize) -> Result<u64, StatementError> {
        Ok(u64::try_from(self.integer(column)?).unwrap_or(0))
    }

    /// A number that may be absent; see [`Self::natural`].
    pub(crate) fn optional_natural(&self, column: usize) -> Result<Option<u64>, StatementError> {
        let number = self.optional_integer(column)?;
        Ok(number.map(|number| u64::try_from(number).unwrap_or(0)))
    }

    /// A text that another program may have written. Bytes that are no UTF-8 become U+FFFD.
    pub(crate) fn text(&self, column: usize) -> Result<Cow<'_, str>, StatementError> {
        match self.0.column(column) {
            Column::Bytes(bytes) => Ok(String::from_utf8_lossy(bytes)),
            _ => Err(EngineError::Column { column }.into()),
        }
    }

    /// The text of a column; see [`Self::text`]. A missing text becomes U+FFFD.
    pub(crate) fn string(&self, column: usize) -> String {
        let found = self.optional_string(column);
        found.unwrap_or_else(|| char::REPLACEMENT_CHARACTER.to_string())
    }

    /// The text of a column that may be empty; see [`Self::text`].
    pub(crate) fn optional_string(&self, column: usize) -> Option<String> {
        self.text(column).ok().map(Cow::into_owned)
    }

    /// A hash of 32 bytes. The schema allows no other length.
    pub(crate) fn hash(&self, column: usize) -> Result<[u8; 32], StatementError> {
        self.optional_hash(column)?.ok_or_else(|| EngineError::Column { column }.into())
    }

    /// A hash that may be absent; see [`Self::hash`].
    pub(crate) fn optional_hash(&self, column: usize) -> Result<Option<[u8; 32]>, StatementError> {
        match self.0.column(column) {
            Column::Null => Ok(None),
            Column::Bytes(bytes) => {
                let hash = bytes.try_into().map_err(|_| EngineError::Column { column })?;
                Ok(Some(hash))
            }
            _ => Err(EngineError::Column { column }.into()),
        }
    }

    /// Bytes of any length.
    pub(crate) fn bytes(&self, column: usize) -> Result<Vec<u8>, StatementError> {
        match self.0.column(column) {
            Column::Bytes(bytes) => Ok(bytes.to_vec()),
            _ => Err(EngineError::Column { column }.into()),
        }
    }

    /// The id of a command. One of another length becomes the id that no command has.
    pub(crate) fn command_id(&self, column: usize) -> CommandId {
        let id = match self.0.column(column) {
            Column::Bytes(bytes) => uuid::Uuid::from_slice(bytes).ok(),
            _ => None,
        };
        CommandId(id.unwrap_or_default())
    }
}
