//! The error type of a connection pool.

use thiserror::Error;

use crate::protocol::frame::FrameError;
use crate::protocol::handshake::UpgradeError;
use crate::protocol::nats::NatsError;

/// A connection failed, or the server violated a protocol.
#[derive(Debug, Error)]
pub enum PoolError {
    /// An I/O error of a socket or of the `epoll` set.
    #[error("a connection failed: {0}")]
    Io(#[from] std::io::Error),
    /// An unsupported WebSocket frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The opening handshake failed.
    #[error(transparent)]
    Handshake(#[from] UpgradeError),
    /// A violation of the NATS protocol.
    #[error(transparent)]
    Nats(#[from] NatsError),
    /// A compressed message is invalid, or compression was not negotiated.
    #[error("the server sends a compressed message that cannot be inflated or was not negotiated")]
    Inflate,
    /// The server did not read for 10 seconds while the socket was full.
    #[error("the server does not read its socket")]
    WriteTimeout,
}

impl From<rustix::io::Errno> for PoolError {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Io(errno.into())
    }
}
