//! Every route there is.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use madang_shared::limits::SOCKET_PATH;

use crate::edge::Edge;
use crate::problem::Problem;
use crate::{assets, http_call, readiness, security, session_api, socket};

/// Bytes in the body of a request to the API. The largest legal one is a name.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// Every route there is.
pub fn router(edge: Edge) -> Router {
    let session =
        get(session_api::who_am_i).post(session_api::sign_up).delete(session_api::sign_out);
    let api = Router::new()
        .route("/api/session", session)
        .layer(middleware::from_fn_with_state(edge.clone(), changes_need_an_allowed_origin));
    Router::new()
        .merge(api)
        .route(SOCKET_PATH, get(socket::handshake))
        .route("/http-call", get(http_call::http_call))
        .route("/healthz", get(readiness::healthz))
        .route("/readyz", get(readiness::readyz))
        .fallback(assets::serve)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(security::headers))
        .with_state(edge)
}

async fn changes_need_an_allowed_origin(
    State(edge): State<Edge>,
    request: Request,
    next: Next,
) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !edge.origins.allow(request.headers()) {
        return Problem::foreign_origin().into_response();
    }
    next.run(request).await
}
