//! Admission of clients: access, slots, the upgrade to a WebSocket, and cookies, which are dropped.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Query, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use madang_shared::ErrorCode;
use madang_websocket::Handshake;
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::engineio_v3;
use super::limits::MAX_CLIENTS;
use super::server::{Engine, Server};
use super::settings::Exposure;
use super::slot::Slot;
use super::timeout_stream::{StreamResources, TimeoutStream};
use crate::connection_slots::ConnectionSlot;
use crate::http::client_info::ClientInfo;
use crate::http::host::HostPort;
use crate::http::problem::Problem;
use crate::state::AppState;

/// Limit for a request of long polling. The longest one waits for the next ping.
const POLL_TIMEOUT: Duration = Duration::from_mins(1);
/// Limit for the engine's first answer to a polling client, in bytes.
const MAX_OPEN_BYTES: usize = 4 * 1024;
/// Headers that proxies add.
const PROXY_HEADERS: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// Admits clients to the gateway. Cheap to clone.
#[derive(Clone)]
pub(super) struct Admission {
    state: AppState,
    server: Arc<Server>,
    engine: Engine,
    free_slots: Arc<Semaphore>,
    /// The slots of polling clients, by Engine.IO session.
    slots: Arc<Mutex<HashMap<String, Weak<Slot>>>>,
}

/// The query parameters of an Engine.IO request.
#[derive(Deserialize)]
struct EngineQuery {
    /// The session; none in the first request of a client.
    sid: Option<String>,
    transport: Option<String>,
    /// The version of the protocol.
    #[serde(rename = "EIO")]
    version: Option<String>,
}

impl Admission {
    pub(super) fn new(state: &AppState, server: Arc<Server>, engine: Engine) -> Self {
        let free_slots = Arc::new(Semaphore::new(MAX_CLIENTS));
        Self { state: state.clone(), server, engine, free_slots, slots: Arc::default() }
    }

    /// Checks that a request may use the gateway.
    ///
    /// # Errors
    /// `forbidden` beyond the gateway's exposure, or for a foreign origin.
    pub(super) fn check_access(
        &self,
        headers: &HeaderMap,
        client_info: &ClientInfo,
    ) -> Result<(), Problem> {
        if self.state.socketio.exposure == Exposure::Local
            && !from_this_machine(headers, client_info)
        {
            return Err(Problem::new(
                ErrorCode::Forbidden,
                "Socket.IO is available from this machine only; set `socketio` to `on` in the \
                 configuration to change that.",
            ));
        }
        if !self.state.origins.allow_guests(headers, client_info) {
            return Err(Problem::foreign_origin());
        }
        Ok(())
    }

    /// Takes a slot for a new client, and starts the gateway if it is the first.
    fn take_slot(&self) -> Result<Arc<Slot>, Problem> {
        self.state.check_running()?;
        let permit = Arc::clone(&self.free_slots).try_acquire_owned().map_err(|_| {
            let message = "Too many Socket.IO clients are connected; try again later.";
            Problem::new(ErrorCode::Unavailable, message)
        })?;
        self.server.start();
        Ok(Arc::new(Slot::new(self.server.gateway.closed.child_token(), permit)))
    }

    /// Records the slot of a session, for the session's next requests.
    fn record_slot(&self, session: String, slot: &Arc<Slot>) {
        let mut slots = self.slots.lock();
        if slots.len() >= 2 * MAX_CLIENTS {
            slots.retain(|_, slot| slot.strong_count() > 0);
        }
        slots.insert(session, Arc::downgrade(slot));
    }

    /// The slot of a session that began with polling, unless the client was disconnected.
    fn slot_of(&self, session: &str) -> Option<Arc<Slot>> {
        let slot = self.slots.lock().get(session).and_then(Weak::upgrade);
        slot.filter(|slot| !slot.closed.is_cancelled())
    }

    /// Answers a WebSocket handshake, and passes the stream to the engine.
    fn upgrade(&self, request: Request, slot: Arc<Slot>) -> Response {
        let (mut parts, _) = request.into_parts();
        let mut handshake = match Handshake::of(&mut parts) {
            Ok(handshake) => handshake,
            Err(refusal) => return refusal.response().map(Body::from),
        };
        // The engine supports no extensions.
        handshake.without_compression();
        let (response, upgrade) = handshake.accept(None);
        let connection: ConnectionSlot = parts.extensions.get().cloned().unwrap_or_default();
        let request = Request::from_parts(parts, ());
        let task = self.state.tasks.token();
        let engine = self.engine.clone();
        self.state.tasks.spawn(async move {
            let closed = slot.closed.clone();
            let stream = tokio::select! {
                stream = upgrade.stream() => stream,
                () = closed.cancelled() => return,
            };
            match stream {
                Ok(stream) => {
                    let ended = CancellationToken::new();
                    let resources = StreamResources {
                        _task: task,
                        _slot: slot,
                        _ended: ended.clone().drop_guard(),
                    };
                    let stream =
                        TimeoutStream::new(TokioIo::new(stream), closed.clone(), resources);
                    if let Err(error) = engine.call((stream, request)).await {
                        tracing::debug!(%error, "the Socket.IO engine refused a connection");
                    }
                    if connection.until_evicted(ended.cancelled()).await.is_none() {
                        closed.cancel();
                    }
                }
                Err(error) => tracing::debug!(%error, "a Socket.IO upgrade failed"),
            }
        });
        response.map(|()| Body::empty())
    }
}

/// Whether a request has a loopback host and address, and no header of a proxy.
fn from_this_machine(headers: &HeaderMap, client_info: &ClientInfo) -> bool {
    client_info.host.as_ref().is_some_and(HostPort::is_this_machine)
        && client_info.client.is_none_or(|client| client.is_loopback())
        && !PROXY_HEADERS.iter().any(|name| headers.contains_key(*name))
}

/// Middleware for every request of a client. It answers WebSocket handshakes, and passes other requests to the engine.
pub(super) async fn admit(
    State(admission): State<Admission>,
    mut request: Request,
    next: Next,
) -> Response {
    let Ok(Query(query)) = Query::<EngineQuery>::try_from_uri(request.uri()) else {
        let message = "A query parameter is repeated; send `sid`, `transport` and `EIO` once each.";
        return Problem::new(ErrorCode::Malformed, message).into_response();
    };
    let slot = match &query.sid {
        None => admission.take_slot(),
        Some(session) => admission.slot_of(session).ok_or_else(unknown_session),
    };
    let slot = match slot {
        Ok(slot) => slot,
        Err(problem) => return problem.into_response(),
    };
    // A guest has no session, even if the browser sends the credentials of one.
    request.headers_mut().remove(COOKIE);
    request.headers_mut().remove(AUTHORIZATION);
    request.extensions_mut().insert(Arc::clone(&slot));
    if query.transport.as_deref() == Some("websocket") {
        return admission.upgrade(request, slot);
    }
    let poll = async {
        if query.version.as_deref() != Some("3") {
            return next.run(request).await;
        }
        match engineio_v3::decode_request(request).await {
            Ok(request) => engineio_v3::encode_response(next.run(request).await).await,
            Err(problem) => problem.into_response(),
        }
    };
    let Ok(response) = timeout(POLL_TIMEOUT, poll).await else {
        return StatusCode::REQUEST_TIMEOUT.into_response();
    };
    if query.sid.is_none() { record_session(&admission, &slot, response).await } else { response }
}

/// Records the session that the engine's first answer to a polling client names.
async fn record_session(admission: &Admission, slot: &Arc<Slot>, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    match to_bytes(body, MAX_OPEN_BYTES).await {
        Ok(body) => {
            if let Some(session) = session_in(&body) {
                admission.record_slot(session, slot);
            }
            Response::from_parts(parts, body.into())
        }
        Err(error) => {
            tracing::error!(%error, "the engine's first answer exceeds its limit");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The session in an open packet: `0{"sid":"…",…}`, which version 3 of the protocol sends after its length.
fn session_in(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct OpenPacket {
        sid: String,
    }
    let start = body.iter().position(|byte| *byte == b'{')?;
    let mut packets = serde_json::Deserializer::from_slice(body.get(start..)?).into_iter();
    let OpenPacket { sid } = packets.next()?.ok()?;
    Some(sid)
}

fn unknown_session() -> Problem {
    Problem::new(
        ErrorCode::Malformed,
        "There is no such Socket.IO session; connect again without `sid`.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_read_from_open_packets_of_both_versions() {
        for (body, expected) in [
            (r#"0{"sid":"a-b_c","upgrades":["websocket"],"pingInterval":25000}"#, Some("a-b_c")),
            (r#"33:0{"upgrades":[],"sid":"x\"y"}2:40"#, Some("x\"y")),
            (r#"0{"upgrades":[]}"#, None),
            (r#"{"code":1,"message":"Session ID unknown"}"#, None),
            ("", None),
        ] {
            assert_eq!(session_in(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
