//! An extractor for requests that become a WebSocket.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use madang_websocket::{Handshake, Limits};

use super::transport::Transport;
use crate::state::AppState;

/// A complete WebSocket handshake; an incomplete one is refused before its handler runs. The handler checks the origin
/// and the server's state: [`AppState::check_handshake`].
#[derive(Debug)]
pub struct Upgrade(Handshake);

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        Handshake::of(parts).map(Self).map_err(|refusal| refusal.response().map(Body::from))
    }
}

impl Upgrade {
    /// The subprotocols that the client offers.
    pub fn offered_protocols(&self) -> impl Iterator<Item = &str> {
        self.0.offers()
    }

    /// Answers the handshake. `run` runs on a tracked task when the socket is open. That is another task than the one
    /// that waits for the upgrade, because the latter holds more memory than a connection needs.
    pub fn accept<R: Future<Output = ()> + Send + 'static>(
        self,
        state: &AppState,
        limits: Limits,
        protocol: Option<&str>,
        run: impl FnOnce(Transport) -> R + Send + 'static,
    ) -> Response {
        let (response, upgrade) = self.0.accept(protocol);
        let tasks = state.tasks.clone();
        state.tasks.spawn(async move {
            match upgrade.open(limits).await {
                Ok(socket) => {
                    tasks.spawn(run(Transport::new(socket)));
                }
                Err(error) => tracing::debug!(%error, "a WebSocket upgrade failed"),
            }
        });
        response.map(|()| Body::empty())
    }
}
