//! Every route there is.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware;
use axum::routing::get;
use madang_shared::lab::chat::HTTP_PATH;
use madang_shared::limits::SOCKET_PATH;
use madang_shared::posts::MAX_POST_BODY_BYTES;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::state::AppState;
use crate::{
    assets, client_info, cors, delivery_api, echo, health, http_call, posts_api, security,
    session_api, side_by_side, socket, socketio, transports,
};

/// Bytes in the body of a request to the API. The largest legal one is a name.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// How long a request to the API may take, its body included.
const API_TIMEOUT: Duration = Duration::from_secs(30);
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Every route there is.
pub fn router(state: AppState) -> Router {
    let session =
        get(session_api::who_am_i).post(session_api::sign_up).delete(session_api::sign_out);
    let post = get(posts_api::read).put(posts_api::edit).delete(posts_api::delete);
    let posts = Router::new()
        .route("/posts", get(posts_api::list).post(posts_api::create))
        .route("/posts/{id}", post)
        .layer(DefaultBodyLimit::max(MAX_POST_BODY_BYTES));
    let api = Router::new()
        .route("/api/session", session)
        .route(delivery_api::PATH, get(delivery_api::delivery))
        .merge(posts)
        .layer(middleware::from_fn_with_state(state.clone(), cors::refuse_changes))
        // Who one is is nobody else's to keep; and a body that does not come holds up nothing.
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, NO_STORE))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, API_TIMEOUT))
        .layer(cors::readable(&state));
    let to_try = Router::new()
        .route(HTTP_PATH, get(http_call::http_call))
        .merge(transports::routes())
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, NO_STORE))
        .layer(cors::readable(&state))
        .layer(middleware::from_fn_with_state(state.clone(), cors::refuse_all));
    Router::new()
        .merge(api)
        .merge(to_try)
        .merge(echo::routes())
        .merge(side_by_side::routes())
        .merge(socketio::routes(&state))
        .route(SOCKET_PATH, get(socket::handshake))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .fallback(assets::serve)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(state.clone(), security::headers))
        .layer(middleware::from_fn_with_state(state.clone(), client_info::note))
        .with_state(state)
}
