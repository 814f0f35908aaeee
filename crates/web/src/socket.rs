//! The handshake of `/api/socket`: origin, protocol version, and the session that came with it.

use std::future::ready;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::HeaderMap;
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use axum::response::{IntoResponse, Response};
use madang_shared::limits::{SUBPROTOCOL, SUBPROTOCOL_FAMILY};
use madang_shared::{CloseCode, ErrorCode};

use crate::connection;
use crate::credentials::{hash, token_of};
use crate::edge::Edge;
use crate::problem::Problem;
use crate::transport::{Transport, sized};

/// Upgrades to the typed protocol.
pub async fn handshake(
    State(edge): State<Edge>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = match upgrade {
        Ok(upgrade) => sized(upgrade),
        Err(rejection) => return Ok(rejection.into_response()),
    };
    edge.may_open(&headers)?;
    let task = edge.tasks.token();
    match Offer::of(&headers) {
        Offer::Ours => {
            let session = token_of(&headers).map(hash);
            // On a task of its own: the one that made the handshake holds more than a connection needs.
            Ok(upgrade.protocols([SUBPROTOCOL]).on_upgrade(move |socket| {
                let tasks = edge.tasks.clone();
                tasks.spawn(connection::run(edge, Transport::new(socket), session));
                drop(task);
                ready(())
            }))
        }
        // A browser reports a refused handshake and a missing server alike. Only an open socket can
        // tell a stale page that it must load itself anew.
        Offer::OtherVersion(version) => {
            Ok(upgrade.protocols([version]).on_upgrade(move |socket| async move {
                Transport::new(socket).close(CloseCode::Version).await;
                drop(task);
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
    fn of(headers: &HeaderMap) -> Self {
        let offered = headers
            .get_all(SEC_WEBSOCKET_PROTOCOL)
            .into_iter()
            .filter_map(|value| value.to_str().ok());
        let offered: Vec<&str> =
            offered.flat_map(|value| value.split(',')).map(str::trim).collect();
        if offered.contains(&SUBPROTOCOL) {
            return Self::Ours;
        }
        let other = offered.into_iter().find(|protocol| protocol.starts_with(SUBPROTOCOL_FAMILY));
        other.map_or(Self::None, |protocol| Self::OtherVersion(protocol.to_owned()))
    }
}
