//! The engines behind Madang's [`Store`](madang_hub::ports::Store) port.
//!
//! - [`sqlite`]: the default. One writer commits in groups; readers work in parallel.
//! - [`memory`]: keeps its data until the process ends. For tests and simulations.
//!
//! The port documents the guarantees of every engine. The contract suite in `tests/it/contract` runs
//! against each of them.

mod chat_page;
mod context;
mod event_stream;
mod refusals;

#[macro_use]
mod features;

pub mod memory;
pub mod sqlite;

pub use event_stream::EventStream;
pub use memory::Memory;
pub use sqlite::Sqlite;
