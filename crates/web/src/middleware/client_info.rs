//! Determines the client info of each request, before any other layer needs it.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::client_info::ClientInfo;
use crate::state::AppState;

/// Records the [`ClientInfo`] in the request's extensions.
pub async fn record(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let connection = request.extensions().get().copied();
    let client_info = ClientInfo::new(&state.proxies, connection, request.headers());
    request.extensions_mut().insert(client_info);
    next.run(request).await
}
