//! The port between a move and an engine: the tables of the schema, and their rows.

mod digest;
mod error;
mod row;
mod schema;

pub(crate) use digest::{DigestBuilder, TableDigest};
pub use error::MoveError;
pub(crate) use row::{Cell, PageBuffer, Row, describe_key};
pub(crate) use schema::{
    ColumnKind, Reference, SchemaDifferences, Table, TableColumn, compare, in_order_of_references,
    is_moved,
};

/// The function that gets the pages of a table.
pub(crate) type PageVisit<'v> = dyn FnMut(&[Row]) -> Result<(), MoveError> + 'v;

/// Reads the tables of a database.
pub(crate) trait TableReader {
    /// Calls `visit` for the rows of a table in the order of its key, in pages of bounded size. All reads see one state
    /// of the database.
    ///
    /// # Errors
    /// An error of the engine, or the error of `visit`.
    fn pages(&mut self, table: &Table, visit: &mut PageVisit<'_>) -> Result<(), MoveError>;

    /// The number of rows.
    ///
    /// # Errors
    /// An error of the engine.
    fn count(&mut self, table: &Table) -> Result<u64, MoveError>;

    /// The largest id that the table has given out, also to rows that are gone. `None` for a table without a numbered
    /// key.
    ///
    /// # Errors
    /// An error of the engine.
    fn last_id(&mut self, table: &Table) -> Result<Option<i64>, MoveError>;
}

/// The database that is moved.
pub(crate) trait MoveSource: TableReader {
    /// Whether a server uses the database.
    fn is_in_use(&self) -> bool;

    /// The tables that Madang does not know; they stay behind.
    fn unknown_tables(&self) -> &[String];

    /// The size of the database, in bytes.
    ///
    /// # Errors
    /// An error of the engine.
    fn bytes(&mut self) -> Result<u64, MoveError>;

    /// The keys of the first rows that reference a missing row.
    ///
    /// # Errors
    /// An error of the engine.
    fn orphans(&mut self, table: &Table, reference: &Reference) -> Result<Vec<Row>, MoveError>;

    /// Records that the database was moved: a server that starts on it all the same gives every topic a new epoch. Ends
    /// the snapshot.
    ///
    /// # Errors
    /// An error of the engine.
    fn retire(&mut self) -> Result<(), MoveError>;
}

/// The database that a move creates. Nothing of it can be served before [`Self::publish`].
pub(crate) trait MoveTarget: TableReader {
    /// Creates the schema.
    ///
    /// # Errors
    /// An error of the engine.
    fn begin(&mut self, tables: &[Table]) -> Result<(), MoveError>;

    /// Appends rows.
    ///
    /// # Errors
    /// An error of the engine, which names the row if the engine tells it.
    fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), MoveError>;

    /// Makes the next id of a table larger than `last`. Returns whether the engine keeps a sequence for the table.
    ///
    /// # Errors
    /// An error of the engine.
    fn set_last_id(&mut self, table: &Table, last: i64) -> Result<bool, MoveError>;

    /// Ends the writing, so that the rows can be read for the comparison.
    ///
    /// # Errors
    /// An error of the engine, or a row that references a missing one.
    fn complete(&mut self, tables: &[Table]) -> Result<(), MoveError>;

    /// Makes the database the one that a server finds.
    ///
    /// # Errors
    /// An error of the engine.
    fn publish(&mut self) -> Result<(), MoveError>;
}
