//! The gateway's routes.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::CACHE_CONTROL;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use madang_hub::policy::rights::Need;
use madang_shared::ErrorCode;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::admission::{Admission, admit};
use super::server::{SOCKETIO_PATH, Server};
use super::settings::Exposure;
use crate::http::client_info::ClientInfo;
use crate::http::extract::AuthUser;
use crate::http::problem::Problem;
use crate::middleware::cors::PREFLIGHT_MAX_AGE;
use crate::state::AppState;

/// The path at which users read the latest receipts, oldest first.
pub const RECEIPTS_PATH: &str = "/api/socketio/receipts";

/// The gateway's routes. The gateway itself starts with its first client.
pub fn routes(state: &AppState) -> Router<AppState> {
    if state.socketio.exposure == Exposure::Off {
        return Router::new();
    }
    let (server, engine) = Server::new(state);
    let admission = Admission::new(state, server, engine.clone());
    let readable = readable(&admission);
    let hub = state.hub.clone();
    let list = async move |user: AuthUser| -> Result<_, Problem> {
        user.reader(Need::Account)?;
        Ok(([(CACHE_CONTROL, "no-store")], Json(hub.recent_receipts())))
    };
    let for_users = Router::new().route(RECEIPTS_PATH, get(list));
    Router::new()
        .route_service(SOCKETIO_PATH, engine.clone())
        .route_service(&format!("{SOCKETIO_PATH}/"), engine)
        .layer(from_fn_with_state(admission.clone(), admit))
        .layer(readable)
        .layer(from_fn_with_state(admission, check_access))
        .route(&format!("{SOCKETIO_PATH}/{{*file}}"), any(no_file))
        .merge(for_users)
}

/// Other servers of Socket.IO serve the client's script below this path.
async fn no_file() -> Problem {
    let message = "The server serves no script of the client; load it from a CDN, or install `socket.io-client`.";
    Problem::new(ErrorCode::NotFound, message)
}

/// Refuses foreign pages. Runs before CORS, so that they get no answer of it either.
async fn check_access(
    State(admission): State<Admission>,
    request: Request,
    next: Next,
) -> Response {
    match admission.check_access(request.headers(), &ClientInfo::of(request.extensions())) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Lets admitted pages read the answers of long polling. Clients of versions 1 and 2 send their requests with
/// credentials, and browsers hide such answers unless the server allows credentials; the gateway ignores them.
fn readable(admission: &Admission) -> CorsLayer {
    let admission = admission.clone();
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |_, parts| {
            let client_info = ClientInfo::of(&parts.extensions);
            admission.check_access(&parts.headers, &client_info).is_ok()
        }))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        // `extraHeaders` of a client may have any name. The gateway uses none of them.
        .allow_headers(AllowHeaders::mirror_request())
        .max_age(PREFLIGHT_MAX_AGE)
}
