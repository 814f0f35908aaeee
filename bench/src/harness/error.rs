//! The error type of a fan-out harness.

use thiserror::Error;

use crate::pool::PoolError;

/// A measurement is impossible.
#[derive(Debug, Error)]
pub enum HarnessError {
    /// A connection failed.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// Too few connections became ready in time.
    #[error("only {ready} of {wanted} connections became ready in time")]
    NotReady {
        /// Number of ready connections.
        ready: usize,
        /// Number of wanted connections.
        wanted: usize,
    },
    /// The subscribers have different positions although nothing is published.
    #[error("the subscribers have different positions in a quiet stream")]
    PositionsDiffer,
    /// Events keep arriving although nothing is published.
    #[error("the stream does not become quiet")]
    NotQuiet,
    /// The server refused a request.
    #[error("the server refuses a request: {0}")]
    Refused(String),
}
