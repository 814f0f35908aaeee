//! The query parameters, the same for all four transports: `rate` and `after`.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{Extension, FromRequestParts, Query};
use axum::http::request::Parts;
use madang_shared::ErrorCode;
use madang_shared::lab::transports::TRANSPORT_RATES;
use serde::Deserialize;

use super::state::TransportsState;
use super::ticker::{Ticker, Tickers};
use crate::http::problem::Problem;
use crate::lab::slots::{LabSlot, LabSlots, SlotHolder};
use crate::state::AppState;

/// The rate of a request without `rate`, in events per second.
const DEFAULT_RATE: u32 = 5;
/// The header in which a browser sends the id of the last event when it reconnects an event stream.
const LAST_EVENT_ID: &str = "last-event-id";

/// The parameters as text, so that each gets its own error message.
#[derive(Deserialize)]
struct Parameters {
    rate: Option<String>,
    after: Option<String>,
}

/// A valid request for events.
pub(super) struct EventsRequest {
    pub(super) state: AppState,
    pub(super) tickers: Arc<Tickers>,
    pub(super) ticker: Arc<Ticker>,
    /// Only events after this seq are requested.
    pub(super) after: u64,
    /// The size of the request's head in HTTP/1.1, in bytes.
    pub(super) head_bytes: u32,
    slots: LabSlots,
}

impl FromRequestParts<AppState> for EventsRequest {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let head_bytes = head_bytes(parts);
        let Query(parameters) = Query::<Parameters>::try_from_uri(&parts.uri).map_err(|_| {
            let message = "`rate` and `after` may each be given once; remove the repeated one.";
            Problem::new(ErrorCode::Malformed, message)
        })?;
        let rate = number("rate", parameters.rate)?.unwrap_or(DEFAULT_RATE);
        let requested_after = number("after", parameters.after)?;
        let Extension(TransportsState { tickers, slots }) =
            Extension::from_request_parts(parts, state)
                .await
                .map_err(|_| Problem::defect("the state of the transports is missing"))?;
        let ticker = tickers.get(rate).ok_or_else(|| {
            let message = format!("`rate` must be one of {TRANSPORT_RATES:?} events per second.");
            Problem::new(ErrorCode::Malformed, message)
        })?;
        let last_event_id =
            parts.headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
        let after = last_event_id.or(requested_after).unwrap_or_else(|| ticker.newest());
        Ok(Self { state: state.clone(), tickers, ticker, after, head_bytes, slots })
    }
}

impl EventsRequest {
    /// Takes a slot for a request that stays open.
    ///
    /// # Errors
    /// If the server stops, or all slots or those of the holder are taken.
    pub(super) fn take_slot(&self, holder: SlotHolder) -> Result<LabSlot, Problem> {
        self.state.check_running()?;
        self.slots.take(holder)
    }
}

/// Parses a parameter, if it is present.
fn number<T: FromStr>(name: &str, value: Option<String>) -> Result<Option<T>, Problem> {
    value.map(|value| value.parse()).transpose().map_err(|_| {
        let message = format!("`{name}` is not a valid number; write a whole number from 0 on.");
        Problem::new(ErrorCode::Malformed, message)
    })
}

/// The size of a request's head: the request line, the header lines, and the empty line.
fn head_bytes(parts: &Parts) -> u32 {
    let path = parts.uri.path_and_query().map_or(1, |path| path.as_str().len());
    let first = parts.method.as_str().len() + path + "  HTTP/1.1\r\n".len();
    let lines = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    u32::try_from(first + lines.sum::<usize>() + 2).unwrap_or(u32::MAX)
}
