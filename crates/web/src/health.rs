//! `/healthz`: the process lives. `/readyz`: it can serve.

use axum::extract::State;
use axum::http::StatusCode;
use madang_hub::ports::StoreError;

use crate::state::AppState;

/// 200 while the process answers at all.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// 200 while the store reads and writes, 503 otherwise and once the server is stopping.
pub async fn readyz(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if state.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match state.store.ready().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error @ (StoreError::Refused(_) | StoreError::Unavailable(_))) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store is unavailable\n")
        }
    }
}
