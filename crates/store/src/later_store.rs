//! The port of what is due for users over an engine.

use futures_util::future::BoxFuture;
use madang_hub::later::{DueLater, LaterStore};
use madang_hub::ports::StoreError;
use madang_shared::Timestamp;

use crate::connections::{Connections, ReadLane};
use crate::rules::later;
use crate::store::EngineStore;

impl<C: Connections> LaterStore for EngineStore<C> {
    fn next_due(&self, limit: usize) -> BoxFuture<'static, Result<Vec<DueLater>, StoreError>> {
        self.server_read(ReadLane::Users, move |transaction| later::next_due(transaction, limit))
    }

    fn settle_due(
        &self,
        due: DueLater,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.write((due, now), later::settle)
    }
}
