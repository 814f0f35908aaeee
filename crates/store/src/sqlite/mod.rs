//! The SQLite engine. [`Sqlite`] is the default: a database in one file. [`InlineSqlite`] is a database in
//! memory, for simulations and tests.
//!
//! In a file, one thread owns the only connection that writes. It commits all waiting writes in one
//! transaction, with one sync. Readers have connections of their own: in WAL mode readers and the writer do
//! not block each other. In memory, one connection executes each read and each write in the caller's turn.
//!
//! Reading order: `transaction`, `group`; `threads`, `options`, `open`, `migrations`, `durability`, `stamp`, `erasure_list`,
//! `writer`, `database_lock`, `file_identity`, `size_reports`, `damage`, `readers`, `external_changes`; `inline`; `visiting`; `transfer`.

mod damage;
mod database_lock;
mod durability;
mod erasure_list;
mod external_changes;
mod file_identity;
mod group;
mod inline;
mod migrations;
mod open;
mod options;
mod size_reports;
mod stamp;
mod threads;
mod transaction;
pub(crate) mod transfer;
mod visiting;
mod writer;

#[cfg(test)]
mod reading_tests;

pub use inline::InlineSqlite;
pub use options::{OpenError, Options, Synchronous};
pub use threads::{Sqlite, SqliteEngine};
pub use visiting::{VisitedSqlite, VisitingConnection};
