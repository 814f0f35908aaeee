//! Health checks: `/healthz` (the process runs) and `/readyz` (the server can serve).

use axum::extract::State;
use axum::http::StatusCode;
use madang_hub::ports::StoreError;

use crate::state::AppState;

/// Answers 200 while the process runs.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Answers 200 while the store reads and writes; 503 otherwise, and while the server stops.
pub async fn readyz(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if state.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match state.store.ready().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error @ (StoreError::Refused(_) | StoreError::Unavailable(_))) => {
            tracing::error!(%error, "the server is not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store is unavailable\n")
        }
    }
}
