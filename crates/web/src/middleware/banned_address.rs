//! The refusal of requests from banned networks, before anything else is done for them.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use madang_hub::budgets::network::Network;
use madang_hub::moderation::address_banned;

use crate::http::client_info::ClientInfo;
use crate::http::problem::Problem;
use crate::state::AppState;

/// Refuses requests from banned networks. The client behind a trusted proxy counts, not the proxy.
pub async fn refuse(
    State(state): State<AppState>,
    client_info: ClientInfo,
    request: Request,
    next: Next,
) -> Response {
    let network = client_info.client.map(Network::of);
    let ban = network.and_then(|network| state.bans.find(network, state.clock.now()));
    match ban {
        Some(ban) => Problem::from(address_banned(&ban)).into_response(),
        None => next.run(request).await,
    }
}
