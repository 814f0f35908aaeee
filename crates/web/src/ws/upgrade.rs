//! An extractor for requests that become a WebSocket.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use madang_websocket::{Handshake, Limits};

use super::transport::Transport;
use crate::connection_slots::ConnectionSlot;
use crate::state::AppState;

/// A complete WebSocket handshake; an incomplete one is refused before its handler runs. The handler checks the origin
/// and the server's state: [`AppState::check_handshake`].
#[derive(Debug)]
pub struct Upgrade {
    handshake: Handshake,
    slot: ConnectionSlot,
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let slot = parts.extensions.get().cloned().unwrap_or_default();
        let handshake = Handshake::of(parts);
        let handshake = handshake.map_err(|refusal| refusal.response().map(Body::from))?;
        Ok(Self { handshake, slot })
    }
}

impl Upgrade {
    /// The subprotocols that the client offers.
    pub fn offered_protocols(&self) -> impl Iterator<Item = &str> {
        self.handshake.offers()
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
        let (response, upgrade) = self.handshake.accept(protocol);
        let (tasks, slot) = (state.tasks.clone(), self.slot);
        state.tasks.spawn(async move {
            // hyper drops the connection, and with it the upgrade, if it is evicted before.
            match upgrade.open(limits).await {
                Ok(socket) => {
                    tasks.spawn(run(Transport::new(socket, slot)));
                }
                Err(error) => tracing::debug!(%error, "a WebSocket upgrade failed"),
            }
        });
        response.map(|()| Body::empty())
    }
}
