//! Requests from pages of other origins. A browser lets such a page ask, and keeps the answer from it
//! unless the server names its origin: those on the list are named. What others ask is refused where
//! it could do harm, or cost something. (The WebSocket handshake, for which browsers ask nobody,
//! checks for itself: [`AppState::may_open`].)

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::client_info::ClientInfo;
use crate::http_commands::IDEMPOTENCY_KEY;
use crate::problem::Problem;
use crate::state::AppState;

/// How long a browser remembers what a page of another origin may send.
const PREFLIGHT_KEPT: Duration = Duration::from_mins(10);

/// Lets pages of allowed origins read the answers (CORS). It guards nothing by itself: see
/// [`refuse_changes`] and [`refuse_all`].
pub fn readable(state: &AppState) -> CorsLayer {
    let origins = Arc::clone(&state.origins);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |_, request| {
            origins.allow(&request.headers, &ClientInfo::of(&request.extensions))
        }))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static(IDEMPOTENCY_KEY)])
        .expose_headers([LOCATION, RETRY_AFTER])
        .max_age(PREFLIGHT_KEPT)
}

/// Refuses what pages of other origins want to change: with the visitor's cookie, they would do it in
/// the visitor's name.
pub async fn refuse_changes(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_allowed(&state, &request) {
        return Problem::foreign_origin().into_response();
    }
    next.run(request).await
}

/// Refuses everything that pages of other origins ask.
pub async fn refuse_all(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !is_allowed(&state, &request) {
        return Problem::foreign_origin().into_response();
    }
    next.run(request).await
}

fn is_allowed(state: &AppState, request: &Request) -> bool {
    state.origins.allow(request.headers(), &ClientInfo::of(request.extensions()))
}
