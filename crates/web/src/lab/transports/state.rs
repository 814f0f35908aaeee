//! The state that the routes of the comparison share.

use std::sync::Arc;

use madang_shared::lab::transports::MAX_TRANSPORT_LISTENERS;
use tokio::sync::Semaphore;

use super::ticker::Tickers;

/// The state that the routes share. Cheap to clone.
#[derive(Clone)]
pub(super) struct TransportsState {
    pub(super) tickers: Arc<Tickers>,
    /// Slots for long polls, event streams and sockets.
    pub(super) slots: Arc<Semaphore>,
}

impl TransportsState {
    pub(super) fn new() -> Self {
        let slots = Arc::new(Semaphore::new(MAX_TRANSPORT_LISTENERS));
        Self { tickers: Arc::new(Tickers::new()), slots }
    }
}
