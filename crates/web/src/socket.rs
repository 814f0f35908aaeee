//! The handshake of `/api/socket`: origin, protocol version, and the session that came with it.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use madang_shared::limits::{MAX_CLIENT_FRAME_BYTES, SUBPROTOCOL, SUBPROTOCOL_FAMILY};
use madang_shared::{CloseCode, ErrorCode};
use madang_websocket::Limits;

use crate::arrival::Arrival;
use crate::connection;
use crate::credentials::{hash, token_of};
use crate::edge::Edge;
use crate::problem::Problem;
use crate::transport::End;
use crate::upgrade::Upgrade;

/// Upgrades to the typed protocol.
pub async fn handshake(
    State(edge): State<Edge>,
    headers: HeaderMap,
    arrival: Arrival,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    edge.may_open(&headers, &arrival)?;
    let limits = Limits::new(MAX_CLIENT_FRAME_BYTES);
    match Offer::of(upgrade.offers()) {
        Offer::Ours => {
            let session = token_of(&headers, &arrival).map(hash);
            let connection = edge.clone();
            Ok(upgrade.accept(&edge, limits, Some(SUBPROTOCOL), move |transport| {
                connection::run(connection, transport, session)
            }))
        }
        // A browser reports a refused handshake and a missing server alike. Only an open socket can
        // tell a stale page that it must load itself anew.
        Offer::OtherVersion(version) => {
            Ok(upgrade.accept(&edge, limits, Some(&version), |transport| {
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
