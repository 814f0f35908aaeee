//! `/socket.io/`: clients of Socket.IO, as they are, on the same log as the app.
//!
//! A thin gateway. What such a client says becomes a message of a room, on the road that every command
//! takes; whatever is appended to a room, to the feed or to the orders is told to every client in the
//! words of the tutorials that these clients come from (`told`). A client is a guest: it has no
//! session, its cookies are dropped at the `door`, and nothing it does is done in a user's name.
//!
//! The protocol itself is `socketioxide`'s. What it does not do stands here: who may come in and how
//! many (`door`), what the oldest clients do to their letters (`old`), connections that neither read nor end (`guarded`), the order of what one client
//! says (`visit`), one follower of the hub for all clients (`follower`), who gets what from which
//! place on (`audience`), what a client missed (`client_info`), and a stop that ends everything
//! (`gateway`).

mod audience;
mod door;
mod follower;
mod gateway;
mod guarded;
mod old;
mod receipts;
mod replay;
mod said;
pub mod settings;
mod told;
mod visit;
mod visitor;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tower_http::cors::{AllowOrigin, CorsLayer};

pub use receipts::Receipts;
pub use settings::{Exposure, Settings};

use crate::client_info::ClientInfo;
use crate::http_commands::AuthUser;
use crate::state::AppState;
use door::Door;

/// Where clients of Socket.IO look for a server; part of their protocol.
pub const SOCKETIO_PATH: &str = "/socket.io";

/// Where users see which clients confirmed the last messages, the oldest first.
pub const RECEIPTS_PATH: &str = "/api/socketio/receipts";

/// The gateway's routes. It opens nothing and follows nothing before the first client comes.
pub fn routes(state: &AppState) -> Router<AppState> {
    if state.socketio.reach == Exposure::Off {
        return Router::new();
    }
    let (door, engine) = Door::open(state);
    let readable = readable(&door);
    let receipts = state.receipts.clone();
    let list = async move |_: AuthUser| ([(CACHE_CONTROL, "no-store")], Json(receipts.recent()));
    let for_users = Router::new().route(RECEIPTS_PATH, get(list));
    Router::new()
        .route_service(SOCKETIO_PATH, engine.clone())
        .route_service(&format!("{SOCKETIO_PATH}/"), engine)
        .layer(middleware::from_fn_with_state(door.clone(), door::enter))
        .layer(readable)
        .layer(middleware::from_fn_with_state(door, refuse_strangers))
        .merge(for_users)
}

/// Before CORS answers anything: pages that may not speak to the gateway get no answer of it.
async fn refuse_strangers(State(door): State<Door>, request: Request, next: Next) -> Response {
    match door.admit(request.headers(), &ClientInfo::of(request.extensions())) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Lets the pages that are admitted read the answers of long polling. Clients of versions 1 and 2 ask
/// with credentials, whose answers browsers hand out only if they are named; the gateway uses none.
fn readable(door: &Door) -> CorsLayer {
    let door = door.clone();
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |_, parts| {
            door.admit(&parts.headers, &ClientInfo::of(&parts.extensions)).is_ok()
        }))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([CONTENT_TYPE])
}
