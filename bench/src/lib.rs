//! The measuring tools of the load laboratory: thousands of cheap subscribers in one thread.
//!
//! The real client ([`madang_loadgen::Driver`]) shows what a user sees, but it would need more processor time
//! than the server under test. Here, a subscriber is a socket in an `epoll` set. Of each frame, only the header
//! and the bytes with topic and sequence number are read, without an allocation. Lost, doubled and reordered
//! events are found by their sequence numbers.
//!
//! The tools need Linux, as `/proc` does. They use no async runtime: a task per socket would cost more than its
//! work, and one thread can be pinned to one core.
//!
//! Reading order: [`protocol`] (WebSocket frames, and the protocols of other servers), [`sequence_tracker`] and
//! [`histogram`], [`pool`] (the sockets), [`harness`] (subscribers of one stream and the published workload); [`scale`] (a
//! simulator of larger installations).

pub mod harness;
pub mod histogram;
pub mod pool;
pub mod protocol;
pub mod scale;
pub mod sequence_tracker;

pub use harness::{FanOutHarness, HarnessConfig, HarnessError, Protocol};
pub use histogram::Histogram;
pub use pool::{ConnectionPool, PoolEvent};
pub use sequence_tracker::{Faults, SequenceTracker};
