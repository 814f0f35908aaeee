//! The engines behind Madang's [`Store`](madang_hub::ports::Store) port.
//!
//! - [`Sqlite`]: the default, a database file. One writer commits in groups; readers work in parallel.
//! - [`InlineSqlite`]: the same engine over a database in memory, in the caller's turn. For tests and simulations.
//! - [`Postgres`]: a PostgreSQL database, for several nodes.
//!
//! The features' reads and writes stand once, in `rules`, over the port `transaction`. [`EngineStore`] executes them
//! on the `connections` of an engine.
//!
//! The port documents the guarantees of every engine. The contract suite in `tests/it/contract` runs
//! against each of them.

mod account_store;
mod administration;
mod batch;
mod connections;
mod error;
mod event_stream;
mod external_revision;
mod factor_store;
mod later_store;
mod mail_address_store;
mod moderation_store;
mod profile_store;
mod readers;
mod rules;
mod store;
mod threads;
mod transaction;
mod transfer;
mod writer_handle;

pub mod moving;
pub mod postgres;
pub mod sqlite;

pub use event_stream::{EventStream, LogChange, LogReplaced};
pub use postgres::Postgres;
pub use sqlite::{InlineSqlite, Sqlite};
pub use store::EngineStore;
