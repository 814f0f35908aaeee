//! The two ways in which the client asks again for every answer.

use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, State};
use madang_shared::lab::transports::LONG_POLL_WAIT_MS;
use madang_shared::lab::transports::{PollAnswer, ServerTime};
use tokio::time::timeout;

use super::Desk;
use super::asked::Asked;
use super::ticks::Read;
use crate::problem::Problem;
use crate::state::AppState;

/// `/time`: the clock of the events, in milliseconds; it says nothing but itself.
pub(super) async fn time(
    State(state): State<AppState>,
    Extension(desk): Extension<Desk>,
) -> Json<ServerTime> {
    Json(ServerTime { now: desk.streams.now(&state) })
}

/// `/poll?after=N`: what there is by now.
pub(super) async fn poll(asked: Asked) -> Json<PollAnswer> {
    asked.streams.poll(&asked.state, &asked.stream);
    Json(answer(&asked))
}

/// `/long-poll?after=N`: what there is, as soon as there is something; nothing after a while.
pub(super) async fn long_poll(asked: Asked) -> Result<Json<PollAnswer>, Problem> {
    let _place = asked.place()?;
    let mut listener = asked.streams.listen(&asked.state, &asked.stream);
    // Those who come back in a moment should find that it ran on meanwhile.
    asked.streams.poll(&asked.state, &asked.stream);
    let after = asked.after;
    let news = listener.wait_for(|newest| *newest != after);
    tokio::select! {
        // No news is an answer, too.
        _ = timeout(Duration::from_millis(LONG_POLL_WAIT_MS), news) => {}
        () = asked.state.stopping.cancelled() => {}
    }
    Ok(Json(answer(&asked)))
}

fn answer(asked: &Asked) -> PollAnswer {
    let Read { events, next, missed } = asked.stream.read(asked.after);
    PollAnswer { request_bytes: asked.head, events, next, missed }
}
