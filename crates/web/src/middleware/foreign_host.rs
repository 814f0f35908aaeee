//! The refusal of requests for hosts that are not the server's: see [`Origins`](crate::Origins).

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use madang_shared::ErrorCode;

use crate::http::client_info::ClientInfo;
use crate::http::problem::Problem;
use crate::state::AppState;

/// Refuses requests for hosts that the server does not answer to. Status 421 means exactly that (RFC 9110 section
/// 15.5.20), and the redirect to HTTPS uses it too.
pub async fn refuse(
    State(state): State<AppState>,
    client_info: ClientInfo,
    request: Request,
    next: Next,
) -> Response {
    match &client_info.host {
        Some(host) if !state.origins.answer_to(&client_info) => {
            let scheme = if client_info.https { "https" } else { "http" };
            let message = format!(
                "The server does not answer to this name. Open the server by its address, or let its operator add \
                 `{scheme}://{host}` to `public_origins` in the configuration."
            );
            Problem::new(ErrorCode::Forbidden, message)
                .with_status(StatusCode::MISDIRECTED_REQUEST)
                .into_response()
        }
        Some(_) | None => next.run(request).await,
    }
}
