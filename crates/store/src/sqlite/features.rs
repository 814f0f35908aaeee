//! The features in this engine; see the table in [`crate::features`].

use rusqlite::Connection;

use super::error::StatementError;

features! {
    dispatch { writes: &Connection; reads: &Connection; error: StatementError; }
}
