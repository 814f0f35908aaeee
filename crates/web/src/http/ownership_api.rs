//! The first owner, chosen with one click: `GET` and `POST /api/administration/ownership`.
//!
//! Only a browser on the server's own machine gets the set-up link: the server serves no other machine, no proxy is
//! configured, and no header tells of one. Such a proxy would need `public_origins` to work at all, and a server with an
//! origin beyond this machine has no token here.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Version};
use madang_shared::ErrorCode;
use madang_shared::account::Secret;
use madang_shared::administration::{ActAnswer, OwnershipOffer};
use madang_shared::roles::Access;

use crate::http::client_info::ClientInfo;
use crate::http::extract::{AuthUser, CommandUser};
use crate::http::host::HostPort;
use crate::http::origin::PageAccess;
use crate::http::problem::Problem;
use crate::state::AppState;

/// The headers by which a proxy tells of itself.
const PROXY_HEADERS: [&str; 7] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-real-ip",
];

/// The circumstances of a request that may set the server up.
struct Asking<'r> {
    access: PageAccess,
    client_info: &'r ClientInfo,
    version: Version,
    headers: &'r HeaderMap,
}

/// Answers whether this browser may set the server up.
pub async fn offer(
    State(state): State<AppState>,
    user: AuthUser,
    access: PageAccess,
    client_info: ClientInfo,
    version: Version,
    headers: HeaderMap,
) -> Result<Json<OwnershipOffer>, Problem> {
    user.owner()?;
    let asking = Asking { access, client_info: &client_info, version, headers: &headers };
    let offered = token_for(&state, &asking).await?.is_some();
    Ok(Json(OwnershipOffer { offered }))
}

/// Answers the token of the set-up link, which opens the page that makes the first owner.
pub async fn claim(
    State(state): State<AppState>,
    claimant: CommandUser,
    access: PageAccess,
    client_info: ClientInfo,
    version: Version,
    headers: HeaderMap,
) -> Result<Json<ActAnswer>, Problem> {
    state.check_running()?;
    let user = claimant.auth.owner()?.id;
    let asking = Asking { access, client_info: &client_info, version, headers: &headers };
    let token = token_for(&state, &asking).await?.ok_or_else(|| {
        let message = "Open the set-up link that the server printed at its start to become its owner. A workspace \
            with an owner has none; ask the owner for a role.";
        Problem::new(ErrorCode::Forbidden, message)
    })?;
    tracing::info!(user = user.0, "the set-up link was opened on the server's own machine");
    Ok(Json(ActAnswer { token: Some(token.0.clone()), ..ActAnswer::default() }))
}

async fn token_for(state: &AppState, asking: &Asking<'_>) -> Result<Option<Arc<Secret>>, Problem> {
    let Some(token) = &state.set_up_token else { return Ok(None) };
    if !is_at_this_machine(asking)
        || !state.proxies.is_empty()
        || state.hub.workspace().access != Access::Open
        || state.store.has_owner().await?
    {
        return Ok(None);
    }
    Ok(Some(Arc::clone(token)))
}

/// Whether the browser of a request is on this machine, and reached the server without a proxy. Browsers speak HTTP/1.1 at
/// least; a proxy without any of the headers often speaks HTTP/1.0.
fn is_at_this_machine(asking: &Asking<'_>) -> bool {
    let Asking { access, client_info, version, headers } = asking;
    *access == PageAccess::Full
        && *version >= Version::HTTP_11
        && client_info.client.is_some_and(|address| address.is_loopback())
        && client_info.host.as_ref().is_some_and(HostPort::is_loopback)
        && !PROXY_HEADERS.iter().any(|name| headers.contains_key(*name))
}
