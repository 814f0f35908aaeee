//! The port between the rules of the features and an engine: SQL statements inside one transaction.
//!
//! The rules are written once, in the SQL that every engine executes. Parameters are numbered (`?1`, `?2`).

mod row;
mod value;

use std::ops::ControlFlow;

pub(crate) use row::{Column, Columns, Row};
pub(crate) use value::{ToValue, Value};

use crate::error::StatementError;

/// An open transaction of an engine. A read sees one state of the database, and the changes of the transaction.
pub trait Transaction {
    /// Executes a statement that returns no rows. Returns the number of changed rows.
    ///
    /// # Errors
    /// A constraint is a refusal; everything else is an error of the engine.
    fn execute(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StatementError>;

    /// Executes a statement whose number of changed rows does not matter. An engine may report its error later: at the
    /// next statement that returns something, or at the end of the change.
    ///
    /// # Errors
    /// See [`Self::execute`].
    fn run(&self, sql: &'static str, values: &[Value<'_>]) -> Result<(), StatementError> {
        self.execute(sql, values).map(drop)
    }

    /// The query of the size of the database in bytes, which each engine answers in its own words.
    fn size_query(&self) -> &'static str;

    /// Calls `visit` for each row of a query, until it breaks.
    ///
    /// # Errors
    /// An error of the engine, or the error of `visit`.
    fn visit(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        visit: &mut Visit<'_>,
    ) -> Result<(), StatementError>;
}

/// The function that gets the rows of a query.
pub(crate) type Visit<'v> = dyn FnMut(&Row<'_>) -> Result<ControlFlow<()>, StatementError> + 'v;

impl dyn Transaction + '_ {
    /// All rows of a query.
    pub(crate) fn all<T>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StatementError>,
    ) -> Result<Vec<T>, StatementError> {
        let mut found = Vec::new();
        self.visit(sql, values, &mut |row| {
            found.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    /// The first row of a query, if there is one.
    pub(crate) fn optional<T>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, StatementError>,
    ) -> Result<Option<T>, StatementError> {
        let (mut found, mut read) = (None, Some(read));
        self.visit(sql, values, &mut |row| {
            if let Some(read) = read.take() {
                found = Some(read(row)?);
            }
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    /// The first row of a query. A missing one is a refusal: every database has it.
    pub(crate) fn one<T>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, StatementError>,
    ) -> Result<T, StatementError> {
        self.optional(sql, values, read)?.ok_or_else(StatementError::missing_row)
    }

    /// Whether a query has a row.
    pub(crate) fn exists(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<bool, StatementError> {
        Ok(self.optional(sql, values, |_| Ok(()))?.is_some())
    }
}

/// The parameters of a statement.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        [$($crate::transaction::ToValue::to_value(&$value)),*]
    };
}

pub(crate) use values;
