//! The port: somebody who knows the price.

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::{Reading, SourceError, SourceName};

/// Somebody who knows the price.
///
/// # Guarantees
/// Every engine keeps these.
/// - **Nothing before it is followed**: making a source connects to nothing.
/// - **Dropping is closing**: with the future of [`follow`](Source::follow) goes everything it has
///   opened, and no request is sent any more. (A connection over HTTP on which nothing is asked may
///   stay open for the next request, ten seconds at most.)
/// - **Forward only**: readings come in the order in which the exchange gave them.
/// - **No panic**: whatever the exchange does ends in a [`SourceError`].
pub trait Source: Send + Sync + 'static {
    /// Which one it is.
    fn name(&self) -> SourceName;

    /// Hands over one reading after another until it fails, and says why it did. It does not try
    /// again by itself, and it need not notice silence: the follower does both.
    fn follow(&self, readings: mpsc::Sender<Reading>) -> BoxFuture<'_, SourceError>;
}
