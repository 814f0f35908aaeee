//! The handshake of `/api/socket`: origin, protocol version, and the session that came with it.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use madang_shared::limits::{
    MAX_CLIENT_FRAME_BYTES, PROTOCOL_PARAMETER, SOCKET_PATH, SUBPROTOCOL, SUBPROTOCOL_FAMILY,
};
use madang_shared::{CloseCode, ErrorCode};
use madang_websocket::Limits;
use serde::Deserialize;

use crate::client_info::ClientInfo;
use crate::connection;
use crate::problem::Problem;
use crate::session_token::{hash, token_of};
use crate::state::AppState;
use crate::transport::End;
use crate::upgrade::Upgrade;

/// The query of the socket's address; its field is named like [`PROTOCOL_PARAMETER`].
#[derive(Debug, Deserialize)]
pub struct SocketQuery {
    protocol: Option<String>,
}

/// Upgrades to the typed protocol.
pub async fn handshake(
    State(state): State<AppState>,
    query: Result<Query<SocketQuery>, QueryRejection>,
    headers: HeaderMap,
    client_info: ClientInfo,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    state.may_open(&headers, &client_info)?;
    let limits = Limits::new(MAX_CLIENT_FRAME_BYTES);
    let named = query.ok().and_then(|Query(query)| query.protocol);
    match Offer::new(upgrade.offers().chain(named.as_deref())) {
        Offer::Ours => {
            let session = token_of(&headers, &client_info).map(hash);
            let connection = state.clone();
            Ok(upgrade.accept(&state, limits, Some(SUBPROTOCOL), move |transport| {
                connection::run(connection, transport, session)
            }))
        }
        // A browser reports a refused handshake and a missing server alike. Only an open socket can
        // tell a page of another version to reload.
        Offer::OtherVersion(version) => {
            Ok(upgrade.accept(&state, limits, Some(&version), |transport| {
                transport.end(End::Close(CloseCode::Version))
            }))
        }
        Offer::None => Err(Problem::new(
            ErrorCode::Unsupported,
            format!(
                "Name the protocol in the address, as in {SOCKET_PATH}?{PROTOCOL_PARAMETER}={SUBPROTOCOL}, \
                or in Sec-WebSocket-Protocol."
            ),
        )),
    }
}

/// The version of our protocol that a client wants to speak.
#[derive(Debug, PartialEq, Eq)]
enum Offer {
    Ours,
    OtherVersion(String),
    None,
}

impl Offer {
    fn new<'a>(protocols: impl Iterator<Item = &'a str>) -> Self {
        let protocols: Vec<&str> = protocols.collect();
        if protocols.contains(&SUBPROTOCOL) {
            return Self::Ours;
        }
        let other = protocols.into_iter().find(|it| it.starts_with(SUBPROTOCOL_FAMILY));
        other.map_or(Self::None, |protocol| Self::OtherVersion(protocol.to_owned()))
    }
}
