//! The handshake of `/api/socket`: origin, protocol version, and the session that came with it.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use madang_shared::limits::{MAX_CLIENT_FRAME_BYTES, SUBPROTOCOL, SUBPROTOCOL_FAMILY};
use madang_shared::{CloseCode, ErrorCode};
use madang_websocket::Limits;

use crate::client_info::ClientInfo;
use crate::connection;
use crate::problem::Problem;
use crate::session_token::{hash, token_of};
use crate::state::AppState;
use crate::transport::End;
use crate::upgrade::Upgrade;

/// Upgrades to the typed protocol.
pub async fn handshake(
    State(state): State<AppState>,
    headers: HeaderMap,
    client_info: ClientInfo,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    state.may_open(&headers, &client_info)?;
    let limits = Limits::new(MAX_CLIENT_FRAME_BYTES);
    match Offer::of(upgrade.offers()) {
        Offer::Ours => {
            let session = token_of(&headers, &client_info).map(hash);
            let connection = state.clone();
            Ok(upgrade.accept(&state, limits, Some(SUBPROTOCOL), move |transport| {
                connection::run(connection, transport, session)
            }))
        }
        // A browser reports a refused handshake and a missing server alike. Only an open socket can
        // tell a stale page that it must load itself anew.
        Offer::OtherVersion(version) => {
            Ok(upgrade.accept(&state, limits, Some(&version), |transport| {
                transport.end(End::Close(CloseCode::Version))
            }))
        }
        Offer::None => Err(Problem::new(
            ErrorCode::Unsupported,
            format!("Ask for the subprotocol {SUBPROTOCOL} in Sec-WebSocket-Protocol."),
        )),
    }
}

/// What the client offers to speak.
#[derive(Debug, PartialEq, Eq)]
enum Offer {
    Ours,
    OtherVersion(String),
    None,
}

impl Offer {
    fn of<'a>(offered: impl Iterator<Item = &'a str>) -> Self {
        let offered: Vec<&str> = offered.collect();
        if offered.contains(&SUBPROTOCOL) {
            return Self::Ours;
        }
        let other = offered.into_iter().find(|protocol| protocol.starts_with(SUBPROTOCOL_FAMILY));
        other.map_or(Self::None, |protocol| Self::OtherVersion(protocol.to_owned()))
    }
}
