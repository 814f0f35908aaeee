//! What a request asks for, in the same words for all four ways.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{Extension, FromRequestParts, State};
use axum::http::request::Parts;
use madang_shared::ErrorCode;
use madang_shared::lab::transports::TRANSPORT_RATES;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Desk;
use super::ticks::{Stream, Streams};
use crate::problem::Problem;
use crate::state::AppState;

/// The rate of whoever names none.
const DEFAULT_RATE: u32 = 5;
/// What a browser that opens an event stream again puts the last event's id into.
const LAST_EVENT_ID: &str = "last-event-id";

/// A request that can be answered.
pub(super) struct Asked {
    pub(super) state: AppState,
    pub(super) streams: Arc<Streams>,
    pub(super) stream: Arc<Stream>,
    /// Only events after this.
    pub(super) after: u64,
    /// Bytes of the request's head, as HTTP/1.1 writes it.
    pub(super) head: u32,
    places: Arc<Semaphore>,
}

impl FromRequestParts<AppState> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let head = head_bytes(parts);
        let query = parts.uri.query().unwrap_or_default();
        let rate = number(query, "rate")?.unwrap_or(DEFAULT_RATE);
        let wished = number(query, "after")?;
        let Extension(Desk { streams, places }) =
            Extension::<Desk>::from_request_parts(parts, state).await.map_err(|error| {
                tracing::error!(%error, "the transports have no desk");
                Problem::new(ErrorCode::Internal, "The server is put together wrongly.")
            })?;
        let State(state) = State::<AppState>::from_request_parts(parts, state)
            .await
            .unwrap_or_else(|impossible| match impossible {});
        let stream = streams.of(rate).ok_or_else(|| {
            let message = format!("`rate` is one of {TRANSPORT_RATES:?} per second.");
            Problem::new(ErrorCode::Malformed, message)
        })?;
        let last = parts.headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
        let after = last.or(wished).unwrap_or_else(|| stream.newest());
        Ok(Self { state, streams, stream, after, head, places })
    }
}

impl Asked {
    /// A place for somebody who stays.
    ///
    /// # Errors
    /// If the server stops, or there is none.
    pub(super) fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.state.may_begin()?;
        let full = |_| Problem::new(ErrorCode::Unavailable, "All places are taken; try later.");
        self.places.clone().try_acquire_owned().map_err(full)
    }
}

/// A number of the query, if it is there.
fn number<T: FromStr>(query: &str, name: &str) -> Result<Option<T>, Problem> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next();
    found.map(str::parse).transpose().map_err(|_| {
        Problem::new(ErrorCode::Malformed, format!("`{name}` is a whole number, not negative."))
    })
}

/// Bytes of a request's head: its first line, its header lines, and the empty one.
fn head_bytes(parts: &Parts) -> u32 {
    let path = parts.uri.path_and_query().map_or(1, |path| path.as_str().len());
    let first = parts.method.as_str().len() + path + "  HTTP/1.1\r\n".len();
    let lines = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    u32::try_from(first + lines.sum::<usize>() + 2).unwrap_or(u32::MAX)
}
