//! `/ws`: says back whatever it is told, to any WebSocket client, without a session.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use madang_shared::lab::echo::{
    ECHO_PATH, ECHO_PLAIN, ECHO_PREFIX, ECHO_ROOM_BYTES, MAX_ECHO_CONNECTIONS,
    MAX_ECHO_MESSAGE_BYTES, MAX_PLAIN_ECHO_MESSAGE_BYTES,
};
use madang_shared::{CloseCode, ErrorCode};
use madang_websocket::{InboundMessage, Limits, MemoryBudget, Opcode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::client_info::ClientInfo;
use crate::heartbeat::{Heartbeat, HeartbeatEvent};
use crate::problem::Problem;
use crate::state::AppState;
use crate::transport::{End, Transport};
use crate::upgrade::Upgrade;

/// Characters of a received text that the log shows.
const LOGGED_CHARS: usize = 120;

/// What all connections share.
#[derive(Clone)]
struct Bounds {
    places: Arc<Semaphore>,
    /// For messages that are large, and are held until they have been said back.
    room: Arc<MemoryBudget>,
}

/// The route, with its places.
pub fn routes() -> Router<AppState> {
    let places = Arc::new(Semaphore::new(MAX_ECHO_CONNECTIONS));
    let bounds = Bounds { places, room: MemoryBudget::new(ECHO_ROOM_BYTES) };
    Router::new().route(ECHO_PATH, get(handshake)).layer(Extension(bounds))
}

/// Upgrades to the echo. `?plain` leaves the prefix out.
async fn handshake(
    State(state): State<AppState>,
    Extension(bounds): Extension<Bounds>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    client_info: ClientInfo,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    state.may_open(&headers, &client_info)?;
    let place = bounds.places.try_acquire_owned().map_err(|_| {
        Problem::new(ErrorCode::Unavailable, "All places of the echo are taken; try again later.")
    })?;
    let (prefix, max_message_bytes) = if is_plain(query.as_deref()) {
        ("", MAX_PLAIN_ECHO_MESSAGE_BYTES)
    } else {
        (ECHO_PREFIX, MAX_ECHO_MESSAGE_BYTES)
    };
    let limits = Limits { max_message_bytes, memory_budget: Some(bounds.room) };
    let server = state.clone();
    Ok(upgrade.accept(&state, limits, None, move |transport| async move {
        run(&server, transport, prefix, place).await;
    }))
}

fn is_plain(query: Option<&str>) -> bool {
    let mut parameters = query.unwrap_or_default().split('&');
    parameters.any(|parameter| parameter.split('=').next() == Some(ECHO_PLAIN))
}

async fn run(
    state: &AppState,
    mut transport: Transport,
    prefix: &str,
    place: OwnedSemaphorePermit,
) {
    let end = tokio::select! {
        end = serve(&mut transport, prefix) => end,
        () = state.stopping.cancelled() => End::Close(CloseCode::GoingAway),
    };
    tracing::debug!(%end, "echo ended");
    transport.end(end).await;
    drop(place);
}

/// Answers until the connection ends. One message at a time: a client that does not read is not read
/// from either.
async fn serve(transport: &mut Transport, prefix: &str) -> End {
    let mut heartbeat = Heartbeat::start();
    loop {
        let received = tokio::select! {
            received = transport.receive_any() => received,
            beat = heartbeat.beat() => match beat {
                HeartbeatEvent::Ask => match transport.ping().await {
                    Ok(()) => continue,
                    Err(end) => return end,
                },
                HeartbeatEvent::Gone => return End::Close(CloseCode::NoPong),
            },
        };
        heartbeat.heard();
        let (opcode, answer) = match received {
            Ok(InboundMessage::Text(mut text)) => {
                tracing::debug!(bytes = text.len(), text = shown(&text), "echo received");
                text.insert_str(0, prefix);
                (Opcode::Text, text.into_bytes())
            }
            Ok(InboundMessage::Binary(bytes)) => {
                tracing::debug!(bytes = bytes.len(), "echo received binary");
                (Opcode::Binary, bytes)
            }
            Ok(_) => continue,
            Err(end) => return end,
        };
        if let Err(end) = transport.say(opcode, answer).await {
            return end;
        }
    }
}

/// As much of a text as the log shows, on one line whatever is in it.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(LOGGED_CHARS).flat_map(char::escape_debug).collect();
    if text.chars().nth(LOGGED_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_is_one_of_the_parameters() {
        for (query, plain) in [
            (None, false),
            (Some(""), false),
            (Some("plain"), true),
            (Some("a=b&plain=1"), true),
            (Some("plainer"), false),
            (Some("a=plain"), false),
        ] {
            assert_eq!(is_plain(query), plain, "{query:?}");
        }
    }

    #[test]
    fn what_is_logged_is_short_and_on_one_line() {
        assert_eq!(shown("가\n나\u{1b}"), "가\\n나\\u{1b}");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), LOGGED_CHARS + 1);
    }
}
