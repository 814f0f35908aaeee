//! The state that the routes of the comparison share.

use std::sync::Arc;

use madang_shared::lab::transports::MAX_TRANSPORT_LISTENERS;

use super::ticker::Tickers;
use crate::lab::slots::LabSlots;

/// The state that the routes share. Cheap to clone.
#[derive(Clone)]
pub(super) struct TransportsState {
    pub(super) tickers: Arc<Tickers>,
    /// Slots for long polls, event streams and sockets.
    pub(super) slots: LabSlots,
}

impl TransportsState {
    pub(super) fn new() -> Self {
        let slots = LabSlots::new(MAX_TRANSPORT_LISTENERS);
        Self { tickers: Arc::new(Tickers::new()), slots }
    }
}
