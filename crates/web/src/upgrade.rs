//! Requests that may become a WebSocket, for handlers.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use madang_websocket::{Handshake, Limits};

use crate::state::AppState;
use crate::transport::Transport;

/// A handshake that has all it needs. A request that has not is answered before its handler hears of
/// it. Whether it may open (its origin, the server's state) is the handler's to ask.
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
    pub fn offers(&self) -> impl Iterator<Item = &str> {
        self.0.offers()
    }

    /// The answer. What runs the socket then is a task of the edge's, and so waited for; it is another
    /// one than waits for the answer to be sent, because that one holds more than a connection needs.
    pub fn accept<R: Future<Output = ()> + Send + 'static>(
        self,
        state: &AppState,
        limits: Limits,
        protocol: Option<&str>,
        run: impl FnOnce(Transport) -> R + Send + 'static,
    ) -> Response {
        let (response, opening) = self.0.accept(protocol);
        let tasks = state.tasks.clone();
        state.tasks.spawn(async move {
            match opening.open(limits).await {
                Ok(socket) => drop(tasks.spawn(run(Transport::new(socket)))),
                Err(error) => tracing::debug!(%error, "a handshake came to nothing"),
            }
        });
        response.map(|()| Body::empty())
    }
}
