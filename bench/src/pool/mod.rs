//! Many WebSocket connections in one thread, in one `epoll` set.

mod connection_pool;
mod error;
mod transport_stream;

pub use connection_pool::{ConnectionPool, PoolEvent, Reply, Traffic};
pub use error::PoolError;
