//! Extractors for requests of signed-in users: the user, the rate limits, the idempotency key.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use madang_shared::{CommandId, ErrorCode, User};

use crate::http::client_info::{ClientAddress, ClientInfo};
use crate::http::problem::Problem;
use crate::http::session_token::{hash, token_of};
use crate::state::AppState;

/// The header with the command id of a request ([draft-ietf-httpapi-idempotency-key-header]), with or without
/// quotes.
///
/// [draft-ietf-httpapi-idempotency-key-header]: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The user of the request's session. A request without a session is refused as `unauthenticated`.
#[derive(Clone, Debug)]
pub struct AuthUser(pub User);

/// The user of the request's session, after the rate limits of the user and of the address.
#[derive(Clone, Debug)]
pub struct RateLimitedUser(pub User);

impl FromRequestParts<AppState> for RateLimitedUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let now = state.clock.now();
        let address = ClientAddress::from_request_parts(parts, state).await?;
        // First, because it costs no query to the store.
        state.rate_limiter.check_address(address, now)?;
        let AuthUser(user) = AuthUser::from_request_parts(parts, state).await?;
        state.rate_limiter.check_user(user.id, now)?;
        Ok(Self(user))
    }
}

impl FromRequestParts<AppState> for AuthUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let client_info = ClientInfo::of(&parts.extensions);
        let user = match token_of(&parts.headers, &client_info) {
            Some(token) => state.store.session(hash(&token)).await?,
            None => None,
        };
        user.map(Self).ok_or_else(|| {
            Problem::new(
                ErrorCode::Unauthenticated,
                "This request needs a session; start one with POST /api/session.",
            )
        })
    }
}

/// The command's id: the key that the client sends, so that a repeated request takes effect once; otherwise
/// a new id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub CommandId);

impl FromRequestParts<AppState> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        match key_in(&parts.headers)? {
            Some(id) => Ok(Self(id)),
            None => random_id(state).map(Self),
        }
    }
}

fn key_in(headers: &HeaderMap) -> Result<Option<CommandId>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    bare.parse().map(Some).map_err(|_| {
        Problem::new(ErrorCode::Malformed, "The Idempotency-Key is not a UUID; send a UUID.")
    })
}

fn random_id(state: &AppState) -> Result<CommandId, Problem> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        tracing::error!(%error, "the system provides no random bytes");
        Problem::new(
            ErrorCode::Internal,
            "The server could not make a command id. Nothing was changed; try again later.",
        )
    })?;
    Ok(CommandId::new(state.clock.now(), u128::from_be_bytes(random)))
}
