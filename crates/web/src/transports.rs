//! `/lab/transports/…`: one stream of events, over polling, long polling, server-sent events and a
//! WebSocket, for everybody who wants to compare them, with curl or with the app's page.
//!
//! The events are ticks of a clock, and say when they happened. All four ways read the same ring of
//! the same stream (`ticks`); only the way differs. Each tells how many bytes the head of the request
//! had, for a browser does not show its page what it sends.

mod asked;
mod polling;
mod pushing;
mod ticks;

use std::sync::Arc;

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use madang_shared::lab::transports::MAX_TRANSPORT_LISTENERS;
use tokio::sync::Semaphore;

use crate::state::AppState;
use crate::transports::ticks::Streams;

/// What the routes share.
#[derive(Clone)]
struct Desk {
    streams: Arc<Streams>,
    /// For those who stay: long polls, event streams, sockets.
    places: Arc<Semaphore>,
}

/// The routes, with a desk of their own.
pub fn routes() -> Router<AppState> {
    let desk = Desk {
        streams: Arc::new(Streams::new()),
        places: Arc::new(Semaphore::new(MAX_TRANSPORT_LISTENERS)),
    };
    Router::new()
        .route("/lab/transports/time", get(polling::time))
        .route("/lab/transports/poll", get(polling::poll))
        .route("/lab/transports/long-poll", get(polling::long_poll))
        .route("/lab/transports/events", get(pushing::events))
        .route("/lab/transports/socket", get(pushing::socket))
        .layer(Extension(desk))
}
