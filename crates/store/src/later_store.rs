//! The port of acts that are due for users over an engine.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use madang_hub::later::{DueAct, DueLater, LaterStore};
use madang_hub::ports::StoreError;
use madang_shared::Timestamp;

use crate::connections::{Connections, ReadLane};
use crate::rules::due::{self, Settling};
use crate::store::EngineStore;

impl<C: Connections> LaterStore for EngineStore<C> {
    fn next_due(&self, limit: usize) -> BoxFuture<'static, Result<Vec<DueLater>, StoreError>> {
        self.server_read(ReadLane::Users, move |transaction| due::next(transaction, limit))
    }

    fn settle_due(
        &self,
        due: DueLater,
        now: Timestamp,
        moods: bool,
    ) -> BoxFuture<'static, Result<bool, StoreError>> {
        let store = self.clone();
        let settling = Settling { now, moods, free_space: self.free_space.clone() };
        async move {
            match store.write((due, settling), due::settle).await {
                Err(StoreError::Refused(refusal)) if matches!(due.what, DueAct::Send { .. }) => {
                    store.write((due, now, refusal), due::refuse).await
                }
                settled => settled,
            }
        }
        .boxed()
    }
}
