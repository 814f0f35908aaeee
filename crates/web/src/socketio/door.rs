//! Who comes in, and what is left outside: origins, cookies, and more connections than there is room for.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use madang_shared::ErrorCode;
use madang_websocket::Handshake;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::gateway::{Engine, Gateway};
use super::guarded::{Guarded, Kept};
use super::old;
use super::settings::Exposure;
use crate::client_info::ClientInfo;
use crate::origin::is_this_machine;
use crate::problem::Problem;
use crate::state::AppState;

/// Clients at once, whoever they are; the next is refused with status 503.
pub(super) const MAX_CLIENTS: usize = 1_024;
/// How long a request of long polling may take: the longest is one that waits for the next ping.
const POLL_TIMEOUT: Duration = Duration::from_mins(1);
/// Bytes in the engine's first answer to a client that begins with polling.
const MAX_OPEN_BYTES: usize = 4 * 1024;
/// What proxies add to a request that they pass on.
const PASSED_ON: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// The way in. Cheap to clone.
#[derive(Clone)]
pub(super) struct Door {
    state: AppState,
    gateway: Arc<Gateway>,
    engine: Engine,
    free: Arc<Semaphore>,
    places: Arc<Mutex<HashMap<String, Weak<Place>>>>,
}

/// A client's place; it is free again when the engine has forgotten the client.
pub(super) struct Place {
    /// Cancelled to be rid of the client.
    pub(super) ended: CancellationToken,
    _taken: OwnedSemaphorePermit,
}

impl Door {
    pub(super) fn open(state: &AppState) -> (Self, Engine) {
        let (gateway, engine) = Gateway::start(state);
        let free = Arc::new(Semaphore::new(MAX_CLIENTS));
        let (state, engine_too) = (state.clone(), engine.clone());
        (Self { state, gateway, engine, free, places: Arc::default() }, engine_too)
    }

    /// Whether this request may speak to the gateway at all.
    ///
    /// # Errors
    /// If it comes from elsewhere than the gateway reaches, or from a page that may not.
    pub(super) fn admit(
        &self,
        headers: &HeaderMap,
        client_info: &ClientInfo,
    ) -> Result<(), Problem> {
        if self.state.socketio.reach == Exposure::Local && !from_this_machine(headers, client_info)
        {
            return Err(Problem::new(
                ErrorCode::Forbidden,
                "Socket.IO is served to this machine only; see `socketio` in the configuration.",
            ));
        }
        if !self.state.origins.allow_guests(headers, client_info) {
            return Err(Problem::foreign_origin());
        }
        Ok(())
    }

    /// A client that is new.
    fn seat(&self) -> Result<Arc<Place>, Problem> {
        self.state.may_begin()?;
        let taken = Arc::clone(&self.free).try_acquire_owned().map_err(|_| {
            let message = "Too many Socket.IO clients are connected; come back later.";
            Problem::new(ErrorCode::Unavailable, message)
        })?;
        self.gateway.wake();
        Ok(Arc::new(Place { ended: self.gateway.ended.child_token(), _taken: taken }))
    }

    /// Remembers whose session it is, for the requests that follow.
    fn remember(&self, session: &str, place: &Arc<Place>) {
        let mut places = self.places.lock();
        if places.len() >= 2 * MAX_CLIENTS {
            places.retain(|_, place| place.strong_count() > 0);
        }
        places.insert(session.to_owned(), Arc::downgrade(place));
    }

    /// The place of a session that began with polling, unless it was told to go.
    fn place_of(&self, session: &str) -> Option<Arc<Place>> {
        let place = self.places.lock().get(session).and_then(Weak::upgrade);
        place.filter(|place| !place.ended.is_cancelled())
    }

    /// Answers the upgrade, and hands the stream to the engine once it is there.
    fn upgrade(&self, request: Request, place: Arc<Place>) -> Response {
        let (mut parts, _) = request.into_parts();
        let mut handshake = match Handshake::of(&mut parts) {
            Ok(handshake) => handshake,
            Err(refusal) => return refusal.response().map(Body::from),
        };
        // The engine that gets the stream knows no extensions.
        handshake.without_compression();
        let (response, opening) = handshake.accept(None);
        let request = Request::from_parts(parts, ());
        let task = self.state.tasks.token();
        let engine = self.engine.clone();
        self.state.tasks.spawn(async move {
            let ended = place.ended.clone();
            let stream = tokio::select! {
                stream = opening.stream() => stream,
                () = ended.cancelled() => return,
            };
            match stream {
                Ok(stream) => {
                    let kept = Kept { _task: task, _place: place };
                    let stream = Guarded::new(TokioIo::new(stream), ended, kept);
                    let begun = engine.call((stream, request)).await;
                    if let Err(error) = begun {
                        tracing::debug!(%error, "a Socket.IO client asks for what is not there");
                    }
                }
                Err(error) => tracing::debug!(%error, "a Socket.IO handshake was broken off"),
            }
        });
        response.map(|()| Body::empty())
    }
}

/// Asked by a loopback name and from a loopback address, and not passed on by a proxy.
fn from_this_machine(headers: &HeaderMap, client_info: &ClientInfo) -> bool {
    let host = client_info.host.as_ref().and_then(|host| host.to_str().ok());
    host.is_some_and(is_this_machine)
        && client_info.client.is_none_or(|client| client.is_loopback())
        && !PASSED_ON.iter().any(|name| headers.contains_key(*name))
}

/// Every request of a client. What is no new WebSocket goes on to the engine.
pub(super) async fn enter(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let begins = asked(&request, "sid").is_none();
    let place = match asked(&request, "sid") {
        None => door.seat(),
        Some(session) => door.place_of(session).ok_or_else(unknown_session),
    };
    let place = match place {
        Ok(place) => place,
        Err(problem) => return problem.into_response(),
    };
    // A guest has no session of ours, whatever the browser sends along.
    request.headers_mut().remove(COOKIE);
    request.headers_mut().remove(AUTHORIZATION);
    request.extensions_mut().insert(Arc::clone(&place));
    if asked(&request, "transport") == Some("websocket") {
        return door.upgrade(request, place);
    }
    let polled = async {
        if asked(&request, "EIO") != Some("3") {
            return next.run(request).await;
        }
        match old::request(request).await {
            Ok(request) => old::answer(next.run(request).await).await,
            Err(problem) => problem.into_response(),
        }
    };
    let Ok(response) = timeout(POLL_TIMEOUT, polled).await else {
        return StatusCode::REQUEST_TIMEOUT.into_response();
    };
    if begins { open(&door, &place, response).await } else { response }
}

/// The engine's answer to a client that begins with polling: it names the session.
async fn open(door: &Door, place: &Arc<Place>, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    match to_bytes(body, MAX_OPEN_BYTES).await {
        Ok(body) => {
            if let Some(session) = session_in(&body) {
                door.remember(session, place);
            }
            Response::from_parts(parts, body.into())
        }
        Err(error) => {
            tracing::error!(%error, "the engine's first answer is longer than it can be");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The session that an open packet names: `0{"sid":"…",…}`, in version 3 of the protocol after the
/// packet's length.
fn session_in(body: &[u8]) -> Option<&str> {
    let text = str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("\"sid\":\"")?;
    rest.split('"').next()
}

/// A value of the query, as it stands there.
fn asked<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let pairs = request.uri().query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

fn unknown_session() -> Problem {
    Problem::new(ErrorCode::Malformed, "There is no such Socket.IO session; connect anew.")
}
