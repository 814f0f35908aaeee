//! What every handler shares.

use std::sync::Arc;
use std::time::Duration;

use madang_hub::Hub;
use madang_hub::ports::{Clock, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::origin::Origins;

/// What every handler shares. Cheap to clone.
#[derive(Clone)]
pub struct Edge {
    /// The live side of the domain.
    pub hub: Arc<Hub>,
    /// The durable side.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Which pages may speak to us.
    pub origins: Arc<Origins>,
    /// Cancelled when the server begins to stop.
    pub stopping: CancellationToken,
    /// Every connection is a task of this; the server waits for them.
    pub tasks: TaskTracker,
    /// Over how long connections are told to go when the server stops, so that they do not all come
    /// back in one moment.
    pub drain_spread: Duration,
}
