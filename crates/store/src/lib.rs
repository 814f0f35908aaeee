//! The engines behind Madang's [`Store`](madang_hub::ports::Store) port.
//!
//! - [`sqlite`]: the embedded default: one writer that commits in groups, readers beside it.
//! - [`memory`]: keeps nothing over a process's end; for tests and for simulations.
//!
//! What every engine guarantees is written on the port, and `tests/it/contract.rs` holds each of
//! them to it.

pub mod memory;
mod refusals;
pub mod sqlite;

use madang_hub::ports::TopicEvent;
use tokio::sync::mpsc;

pub use memory::Memory;
pub use sqlite::Sqlite;

/// Every event that is appended to the engine's log, by whomever, once it is durable; for each topic in
/// the order of `seq`.
///
/// The channel is bounded: an engine whose tail nobody reads stops committing when it is full. Once
/// the tail is dropped, commits go on and their events go to the log alone.
pub type EventStream = mpsc::Receiver<Vec<TopicEvent>>;
