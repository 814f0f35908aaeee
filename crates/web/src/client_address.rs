//! Whose machine a request comes from: the one place that says so.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use madang_shared::ErrorCode;

use crate::edge::Edge;
use crate::problem::Problem;

/// The address at the other end of the connection that a request came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<Edge> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Edge) -> Result<Self, Problem> {
        let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
            tracing::error!("a request without the address that it comes from");
            return Err(Problem::new(
                ErrorCode::Internal,
                "The server has a defect; it was noted.",
            ));
        };
        Ok(Self(peer.ip().to_canonical()))
    }
}
