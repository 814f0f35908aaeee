//! The port: a source of prices.

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::error::SourceError;
use crate::quote::{Reading, SourceName};

/// A source of prices.
///
/// # Guarantees
/// For every engine:
/// - **No connection before [`follow`](Source::follow)**: making a source connects to nothing.
/// - **Dropping closes**: dropping the future of [`follow`](Source::follow) closes everything it
///   has opened, and no further request is sent. (An idle HTTP connection may stay open for the
///   next request, for at most ten seconds.)
/// - **In order**: readings come in the order in which the exchange sent them.
/// - **No panic**: any behaviour of the exchange ends in a [`SourceError`].
pub trait Source: Send + Sync + 'static {
    /// The name of the source.
    fn name(&self) -> SourceName;

    /// Sends readings until it fails, and returns the error. It neither retries nor detects
    /// silence: the follower does both.
    fn follow(&self, readings: mpsc::Sender<Reading>) -> BoxFuture<'_, SourceError>;
}
