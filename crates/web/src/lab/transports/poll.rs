//! The two transports with a request for each answer: polling and long polling.

use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, State};
use madang_shared::lab::transports::{LONG_POLL_WAIT_MS, PollAnswer, ServerTime};
use tokio::time::timeout;

use super::query::EventsRequest;
use super::state::TransportsState;
use super::ticker::EventBatch;
use crate::http::problem::Problem;
use crate::lab::slots::SlotHolder;
use crate::state::AppState;

/// `/time`: the clock of the events, in milliseconds.
pub(super) async fn time(
    State(state): State<AppState>,
    Extension(transports): Extension<TransportsState>,
) -> Json<ServerTime> {
    Json(ServerTime { now: transports.tickers.now(&state) })
}

/// `/poll?after=N`: answers the events that are there.
pub(super) async fn poll(request: EventsRequest) -> Json<PollAnswer> {
    request.tickers.extend_lease(&request.state, &request.ticker);
    Json(answer(&request))
}

/// `/long-poll?after=N`: answers as soon as there is an event; with none after a timeout.
pub(super) async fn long_poll(
    holder: SlotHolder,
    request: EventsRequest,
) -> Result<Json<PollAnswer>, Problem> {
    let _slot = request.take_slot(holder)?;
    let mut newest = request.tickers.listen(&request.state, &request.ticker);
    // The lease keeps the ticker running until the client's next request.
    request.tickers.extend_lease(&request.state, &request.ticker);
    let after = request.after;
    let advanced = newest.wait_for(|newest| *newest != after);
    tokio::select! {
        // After the timeout, the answer contains no events.
        _ = timeout(Duration::from_millis(LONG_POLL_WAIT_MS), advanced) => {}
        () = request.state.stopping.cancelled() => {}
    }
    Ok(Json(answer(&request)))
}

fn answer(request: &EventsRequest) -> PollAnswer {
    let EventBatch { events, next, missed } = request.ticker.read(request.after);
    PollAnswer { request_bytes: request.head_bytes, events, next, missed }
}
