//! Health checks: `/healthz` (the process runs) and `/readyz` (the server can serve).

use axum::extract::State;
use axum::http::StatusCode;
use madang_hub::ports::StoreError;
use madang_hub::storage::SpaceLevel;

use crate::state::AppState;

/// Answers 200 while the process runs.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Answers 200 while the store reads and writes; 503 otherwise, and while the server stops. A server whose disk is almost
/// full is ready, because it still serves everything that was stored; the text of the answer says it.
pub async fn readyz(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if state.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match state.store.ready().await {
        Ok(()) if state.free_space.level() == SpaceLevel::Low => {
            (StatusCode::OK, "ready, but the disk is almost full: nothing new is stored\n")
        }
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error @ (StoreError::Refused(_) | StoreError::Unavailable(_))) => {
            tracing::error!(%error, "the server is not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store is unavailable\n")
        }
    }
}
