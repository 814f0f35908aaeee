//! The routes of the comparison.

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;

use super::state::TransportsState;
use super::{poll, push};
use crate::state::AppState;

/// The routes, with streams of their own.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/lab/transports/time", get(poll::time))
        .route("/lab/transports/poll", get(poll::poll))
        .route("/lab/transports/long-poll", get(poll::long_poll))
        .route("/lab/transports/events", get(push::events))
        .route("/lab/transports/socket", get(push::socket))
        .layer(Extension(TransportsState::new()))
}
