//! Admission of clients: access, slots, the upgrade to a WebSocket, and cookies, which are dropped.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, COOKIE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::service::Service;
use madang_hub::budgets::resource::Resource;
use madang_shared::ErrorCode;
use madang_websocket::{Handshake, MemoryBudget, UNBUDGETED_BYTES};
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::inbound_frames::InboundFrames;
use super::limits::{
    MAX_ALL_INBOUND_BYTES, MAX_ALL_RECEIVED_BYTES, MAX_ALL_WAITING_BYTES, MAX_CLIENTS,
    MAX_INBOUND_BYTES, MAX_RECEIVED_BYTES, MAX_WAITING_BYTES,
};
use super::polling::{self, EngineVersion};
use super::server::{Engine, Server};
use super::settings::Exposure;
use super::slot::Slot;
use super::timeout_stream::{StreamResources, TimeoutStream};
use super::waiting_bytes::{SharedCeiling, WaitingBytes};
use crate::connection_slots::ConnectionSlot;
use crate::http::client_info::ClientInfo;
use crate::http::host::HostPort;
use crate::http::problem::Problem;
use crate::state::AppState;
use crate::ws::pacing::{pause_for, until_paid};

/// Limit for a request of long polling. The longest one waits for the next ping.
const POLL_TIMEOUT: Duration = Duration::from_mins(1);
/// Headers that proxies and delivery networks add.
const PROXY_HEADERS: [&str; 19] = [
    "via",
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "client-ip",
    "true-client-ip",
    "fastly-client-ip",
    "wl-proxy-client-ip",
    "x-proxyuser-ip",
    "x-scheme",
    "x-request-start",
    "x-cloud-trace-context",
    "cdn-loop",
    "surrogate-capability",
    "x-varnish",
    "remote-user",
    "incap-client-ip",
    "front-end-https",
];
/// The beginnings of the names of further ones.
const PROXY_HEADER_PREFIXES: [&str; 16] = [
    "x-forwarded",
    "x-original-",
    "x-envoy-",
    "x-azure-",
    "x-appengine-",
    "x-vercel-",
    "cf-",
    "fly-",
    "ngrok-",
    "tailscale-",
    "x-goog-",
    "x-amzn-",
    "x-ms-client-",
    "x-auth-request-",
    "x-remote-",
    "x-arr-",
];

/// Admits clients to the gateway. Cheap to clone.
#[derive(Clone)]
pub(super) struct Admission {
    state: AppState,
    server: Arc<Server>,
    engine: Engine,
    free_slots: Arc<Semaphore>,
    /// The slots of polling clients, by Engine.IO session.
    slots: Arc<Mutex<HashMap<String, Weak<Slot>>>>,
    memory: SharedMemory,
}

/// The memory that all clients share. Cheap to clone.
#[derive(Clone)]
struct SharedMemory {
    outbound: Arc<SharedCeiling>,
    inbound: Arc<SharedCeiling>,
    /// For large WebSocket messages that are being read.
    messages: Arc<MemoryBudget>,
    /// For large requests of polling clients that are being read.
    requests: Arc<Semaphore>,
}

impl SharedMemory {
    fn new() -> Self {
        Self {
            outbound: SharedCeiling::new(MAX_WAITING_BYTES, MAX_ALL_WAITING_BYTES),
            inbound: SharedCeiling::new(MAX_INBOUND_BYTES, MAX_ALL_INBOUND_BYTES),
            messages: MemoryBudget::new(MAX_ALL_RECEIVED_BYTES),
            requests: Arc::new(Semaphore::new(MAX_ALL_RECEIVED_BYTES / MAX_RECEIVED_BYTES)),
        }
    }
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
    /// The index of a JSONP callback, which clients of versions 1 and 2 send.
    j: Option<String>,
}

impl Admission {
    pub(super) fn new(state: &AppState, server: Arc<Server>, engine: Engine) -> Self {
        let free_slots = Arc::new(Semaphore::new(MAX_CLIENTS));
        let (slots, memory) = (Arc::default(), SharedMemory::new());
        Self { state: state.clone(), server, engine, free_slots, slots, memory }
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
        Ok(Arc::new(Slot {
            closed: self.server.gateway.closed.child_token(),
            outbound: Arc::new(WaitingBytes::new(&self.memory.outbound)),
            inbound: Arc::new(WaitingBytes::new(&self.memory.inbound)),
            _permit: permit,
        }))
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
        let account = self.state.stranger(&ClientInfo::of(&parts.extensions));
        let clock = Arc::clone(&self.state.clock);
        let request = Request::from_parts(parts, ());
        let task = self.state.tasks.token();
        let engine = self.engine.clone();
        let inbound = InboundFrames::new(Arc::clone(&self.memory.messages));
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
                        task,
                        slot,
                        account,
                        clock,
                        _ended: ended.clone().drop_guard(),
                    };
                    let stream = TimeoutStream::new(stream, inbound, resources);
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

    /// Passes a request of a polling client to the engine. Requests with packets wait until the client has paid for the
    /// bytes of its earlier ones, and large requests until there is memory for them.
    async fn poll(&self, version: EngineVersion, request: Request, next: Next) -> Response {
        let account = self.state.stranger(&ClientInfo::of(request.extensions()));
        if *request.method() == Method::POST
            && let Some(account) = &account
        {
            until_paid(account, Resource::BytesIn, self.state.clock.as_ref()).await;
        }
        let permit =
            if is_large(&request) { self.memory.requests.acquire().await.ok() } else { None };
        let response = match polling::rewrite_request(version, request).await {
            Ok((request, bytes)) => {
                if let Some(account) = &account {
                    // The next request pauses.
                    pause_for(account, bytes, 1, self.state.clock.now());
                }
                next.run(request).await
            }
            Err(problem) => problem.into_response(),
        };
        drop(permit);
        response
    }
}

/// Whether a request's body may need a share of the memory.
fn is_large(request: &Request) -> bool {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse::<usize>().ok());
    *request.method() == Method::POST && length.is_none_or(|length| length > UNBUDGETED_BYTES)
}

/// Whether a request has a loopback host and address, and no header of a proxy.
fn from_this_machine(headers: &HeaderMap, client_info: &ClientInfo) -> bool {
    client_info.host.as_ref().is_some_and(HostPort::is_this_machine)
        && client_info.client.is_none_or(|client| client.is_loopback())
        && !headers.keys().any(|name| is_of_a_proxy(name.as_str()))
}

fn is_of_a_proxy(header: &str) -> bool {
    PROXY_HEADERS.contains(&header)
        || PROXY_HEADER_PREFIXES.iter().any(|prefix| header.starts_with(prefix))
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
    if query.j.is_some() {
        let message = "JSONP is not served; use the transport `polling` without `forceJSONP`, or `websocket`.";
        return Problem::new(ErrorCode::Unsupported, message).into_response();
    }
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
    let version =
        if query.version.as_deref() == Some("3") { EngineVersion::V3 } else { EngineVersion::V4 };
    let is_poll = *request.method() == Method::GET;
    let poll = admission.poll(version, request, next);
    let Ok(response) = timeout(POLL_TIMEOUT, poll).await else {
        return StatusCode::REQUEST_TIMEOUT.into_response();
    };
    if query.sid.is_some() {
        return if is_poll {
            polling::count_response(version, response, &slot.outbound).await
        } else {
            response
        };
    }
    let (response, session) = polling::open_packet(response).await;
    if let Some(session) = session {
        admission.record_slot(session, &slot);
    }
    response
}

fn unknown_session() -> Problem {
    Problem::new(
        ErrorCode::Malformed,
        "There is no such Socket.IO session; connect again without `sid`.",
    )
}
