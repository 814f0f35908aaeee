//! The handshake of `/api/socket`: its origin, its protocol version, and its session.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use madang_hub::budgets::network::Network;
use madang_shared::limits::{
    MAX_CLIENT_FRAME_BYTES, PROTOCOL_PARAMETER, SOCKET_PATH, SUBPROTOCOL, SUBPROTOCOL_FAMILY,
};
use madang_shared::{CloseCode, ErrorCode};
use madang_websocket::Limits;
use serde::Deserialize;

use super::connection;
use super::transport::Disconnect;
use super::upgrade::Upgrade;
use crate::http::client_info::ClientInfo;
use crate::http::origin::PageAccess;
use crate::http::problem::Problem;
use crate::http::session_token::candidates;
use crate::state::AppState;

/// The query of the socket's address; its field is named like [`PROTOCOL_PARAMETER`].
#[derive(Debug, Deserialize)]
pub struct SocketQuery {
    protocol: Option<String>,
}

/// Upgrades to the app's protocol.
pub async fn handshake(
    State(state): State<AppState>,
    query: Result<Query<SocketQuery>, QueryRejection>,
    headers: HeaderMap,
    client_info: ClientInfo,
    access: PageAccess,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    state.check_handshake(access, &client_info)?;
    let limits = Limits::new(MAX_CLIENT_FRAME_BYTES);
    let in_query = query.ok().and_then(|Query(query)| query.protocol);
    match OfferedVersion::new(upgrade.offered_protocols().chain(in_query.as_deref())) {
        OfferedVersion::Ours => {
            let candidates = candidates(&headers, &client_info);
            let (connection, network) = (state.clone(), client_info.client.map(Network::of));
            Ok(upgrade.accept(&state, limits, Some(SUBPROTOCOL), move |transport| {
                connection::run(connection, transport, candidates, network)
            }))
        }
        // A browser reports a refused handshake and an unreachable server alike. A close code is the only way to
        // tell a page of another version to reload.
        OfferedVersion::Other(version) => {
            Ok(upgrade.accept(&state, limits, Some(&version), |transport| {
                transport.close(Disconnect::Close(CloseCode::Version))
            }))
        }
        OfferedVersion::None => Err(Problem::new(
            ErrorCode::Unsupported,
            format!(
                "The request names no protocol; name it in the address, as in \
                {SOCKET_PATH}?{PROTOCOL_PARAMETER}={SUBPROTOCOL}, or in Sec-WebSocket-Protocol."
            ),
        )),
    }
}

/// The version of our protocol that a client offers.
#[derive(Debug, PartialEq, Eq)]
enum OfferedVersion {
    Ours,
    Other(String),
    None,
}

impl OfferedVersion {
    fn new<'a>(protocols: impl Iterator<Item = &'a str>) -> Self {
        let protocols: Vec<&str> = protocols.collect();
        if protocols.contains(&SUBPROTOCOL) {
            return Self::Ours;
        }
        let other = protocols.into_iter().find(|it| it.starts_with(SUBPROTOCOL_FAMILY));
        other.map_or(Self::None, |protocol| Self::Other(protocol.to_owned()))
    }
}
