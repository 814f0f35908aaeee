//! The PostgreSQL engine, for servers that are more than one process or machine.
//!
//! One thread writes: it commits all waiting writes in one transaction, as the SQLite engine does. Reader threads have
//! connections of their own. A transaction that appends to a topic holds the lock of the topic's row, so that the
//! positions of all nodes are given out in the order of the commits.
//!
//! Reading order: `options`, `dialect`, `session`, `values`, `transaction`, `errors`; `identity`, `known_log`,
//! `connection`; `open`, `migrations`, `writer`, `group`, `pending_events`, `threads`; `transfer`.

mod connection;
mod dialect;
mod errors;
mod group;
mod identity;
mod known_log;
mod migrations;
mod open;
mod options;
mod pending_events;
mod session;
mod threads;
mod tls;
mod transaction;
pub(crate) mod transfer;
mod values;
mod writer;

pub use options::{ConnectError, ConnectOptions};
pub use threads::{Postgres, PostgresEngine};
