//! The SQLite engine. [`Sqlite`] is the default: a database in one file. [`InlineSqlite`] is a database in
//! memory, for simulations and tests.
//!
//! In a file, one thread owns the only connection that writes. It commits all waiting writes in one
//! transaction, with one sync. Readers have connections of their own: in WAL mode readers and the writer do
//! not block each other. In memory, one connection executes each read and each write in the caller's turn.
//!
//! Reading order: `store`, `connections`, `group`; `threads`, `options`, `open`, `migrations`, `durability`,
//! `stamp`, `writer`, `database_lock`, `file_identity`, `size_reports`, `damage`, `readers`,
//! `external_changes`; `inline`; `commands`, `recovery`, `log`, `skeletons`; then one module per feature, with
//! its writes and reads.

mod commands;
mod connections;
mod damage;
mod database_lock;
mod durability;
mod error;
mod external_changes;
mod features;
mod file_identity;
mod group;
mod inline;
mod log;
mod migrations;
mod open;
mod options;
mod readers;
mod recovery;
mod size_reports;
mod skeletons;
mod stamp;
mod store;
mod threads;
mod values;
mod writer;

mod chat;
mod counter;
mod delivery;
mod details;
mod details_events;
mod membership;
mod notices;
mod orders;
mod posts;
mod rooms;
mod users;

pub use inline::InlineSqlite;
pub use options::{OpenError, Options, Synchronous};
pub use store::SqliteStore;
pub use threads::Sqlite;
