//! `/ws`: says back whatever it is told, to any WebSocket client, without a session.

use std::sync::Arc;

use axum::Router;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{Extension, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use madang_shared::limits::{
    ECHO_PATH, ECHO_PLAIN, ECHO_PREFIX, MAX_ECHO_CONNECTIONS, MAX_ECHO_FRAME_BYTES,
    MAX_ECHO_MESSAGE_BYTES,
};
use madang_shared::{CloseCode, ErrorCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep_until;

use crate::edge::Edge;
use crate::heartbeat::{Beat, Heartbeat};
use crate::problem::Problem;
use crate::transport::{End, Transport, sized_for};

/// Characters of a received text that the log shows.
const LOGGED_CHARS: usize = 120;

/// The route, with its places.
pub fn routes() -> Router<Edge> {
    let places = Arc::new(Semaphore::new(MAX_ECHO_CONNECTIONS));
    Router::new().route(ECHO_PATH, get(handshake)).layer(Extension(places))
}

/// Upgrades to the echo. `?plain` leaves the prefix out.
async fn handshake(
    State(edge): State<Edge>,
    Extension(places): Extension<Arc<Semaphore>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = match upgrade {
        Ok(upgrade) => sized_for(upgrade, MAX_ECHO_FRAME_BYTES),
        Err(rejection) => return Ok(rejection.into_response()),
    };
    edge.may_open(&headers)?;
    let place = places.try_acquire_owned().map_err(|_| {
        Problem::new(ErrorCode::Unavailable, "All places of the echo are taken; try again later.")
    })?;
    let prefix = if is_plain(query.as_deref()) { "" } else { ECHO_PREFIX };
    let task = edge.tasks.token();
    Ok(upgrade.on_upgrade(move |socket| async move {
        run(&edge, Transport::new(socket), prefix, place).await;
        drop(task);
    }))
}

fn is_plain(query: Option<&str>) -> bool {
    let mut parameters = query.unwrap_or_default().split('&');
    parameters.any(|parameter| parameter.split('=').next() == Some(ECHO_PLAIN))
}

async fn run(edge: &Edge, mut transport: Transport, prefix: &str, place: OwnedSemaphorePermit) {
    let end = tokio::select! {
        end = serve(&mut transport, prefix) => end,
        () = edge.stopping.cancelled() => End::Close(CloseCode::GoingAway),
    };
    tracing::debug!(%end, "echo ended");
    if let End::Close(code) = end {
        transport.close(code).await;
    }
    drop(place);
}

/// Answers until the connection ends. One message at a time: a client that does not read is not read
/// from either.
async fn serve(transport: &mut Transport, prefix: &str) -> End {
    let mut heartbeat = Heartbeat::start();
    loop {
        let received = tokio::select! {
            received = transport.receive_any() => received,
            () = sleep_until(heartbeat.due()) => match heartbeat.beat() {
                Beat::Ask => match transport.write(Message::Ping(Vec::new().into())).await {
                    Ok(()) => continue,
                    Err(end) => return end,
                },
                Beat::Gone => return End::Close(CloseCode::NoPong),
            },
        };
        heartbeat.heard();
        let answer = match received {
            // Not left to the limit below: bytes that nobody has read reset the connection, and a
            // browser would never see the code.
            Ok(message) if length(&message) > MAX_ECHO_MESSAGE_BYTES => {
                return End::Close(CloseCode::TooBig);
            }
            Ok(Message::Text(text)) => {
                tracing::debug!(bytes = text.len(), text = shown(&text), "echo received");
                Message::Text(format!("{prefix}{text}").into())
            }
            Ok(Message::Binary(bytes)) => {
                tracing::debug!(bytes = bytes.len(), "echo received binary");
                Message::Binary(bytes)
            }
            Ok(_) => continue,
            Err(end) => return end,
        };
        if let Err(end) = transport.write(answer).await {
            return end;
        }
        heartbeat.heard();
    }
}

fn length(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) => bytes.len(),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => 0,
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
