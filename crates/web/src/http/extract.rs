//! Extractors for requests of signed-in users: the user, the budgets, the idempotency key.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::http::request::Parts;
use madang_hub::budgets::account::{Account, Cost};
use madang_hub::budgets::network::Network;
use madang_hub::budgets::resource::Resource;
use madang_hub::policy::access::RequestKind;
use madang_hub::policy::rights::Need;
use madang_hub::ports::Identity;
use madang_shared::posts::MAX_POST_BODY_BYTES;
use madang_shared::{CommandId, ErrorCode, User, UserId};

use crate::connection_slots::ConnectionSlot;
use crate::http::client_info::ClientInfo;
use crate::http::problem::Problem;
use crate::http::session_token::{authenticate, candidates};
use crate::state::AppState;

/// The header with the command id of a request ([draft-ietf-httpapi-idempotency-key-header]), with or without
/// quotes.
///
/// [draft-ietf-httpapi-idempotency-key-header]: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The user of the request's session or access token, after the request was charged as a read. A request without either
/// is refused as `unauthenticated`. The user is behind a check of the access, so that no handler forgets it.
#[derive(Clone, Debug)]
pub struct AuthUser {
    identity: Identity,
    /// The budgets of the user and of the network.
    pub account: Account,
}

impl AuthUser {
    /// The user, for a request that changes nothing.
    ///
    /// # Errors
    /// `forbidden` if the access token does not reach it.
    pub fn reader(&self, need: Need) -> Result<UserId, Problem> {
        self.identity.access.check(RequestKind::Read, need)?;
        Ok(self.identity.user.id)
    }

    /// The user, for a request about the account itself.
    ///
    /// # Errors
    /// `forbidden` for every access token.
    pub fn owner(&self) -> Result<&User, Problem> {
        self.identity.access.check_account()?;
        Ok(&self.identity.user)
    }

    /// The user, for a request that every session and every token may make.
    pub fn anybody(&self) -> UserId {
        self.identity.user.id
    }
}

/// The user of a command over HTTP, after the command and its body were charged.
#[derive(Clone, Debug)]
pub struct CommandUser {
    /// The user, with the budgets.
    pub auth: AuthUser,
    /// The length of the request's body.
    pub body_bytes: u64,
}

impl CommandUser {
    /// The author of a change.
    ///
    /// # Errors
    /// `forbidden` if the access token does not reach it.
    pub fn author(&self, need: Need) -> Result<&User, Problem> {
        self.auth.identity.access.check(RequestKind::Change, need)?;
        Ok(&self.auth.identity.user)
    }
}

impl FromRequestParts<AppState> for CommandUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let auth = AuthUser::from_request_parts(parts, state).await?;
        let account = &auth.account;
        let now = state.clock.now();
        let body_bytes = body_bytes(&parts.headers);
        account.charge(Cost { resource: Resource::BytesIn, units: body_bytes }, now)?;
        account.charge_one(Resource::Commands, now)?;
        Ok(Self { auth, body_bytes })
    }
}

impl FromRequestParts<AppState> for AuthUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let client_info = ClientInfo::of(&parts.extensions);
        let now = state.clock.now();
        // First, because finding the session is a read of the store.
        if let Some(stranger) = state.stranger(&client_info) {
            stranger.charge_one(Resource::Reads, now)?;
        }
        let candidates = candidates(&parts.headers, &client_info);
        let Some(identity) = authenticate(state.store.as_ref(), &candidates, now).await? else {
            return Err(Problem::new(
                ErrorCode::Unauthenticated,
                "This request needs a session; start one with POST /api/session.",
            ));
        };
        let network = client_info.client.map(Network::of);
        let user = identity.user.id;
        let account = state.hub.budgets().account(user, network, now);
        account.charge_one(Resource::Reads, now)?;
        if let Some(slot) = parts.extensions.get::<ConnectionSlot>() {
            slot.protect(user);
        }
        Ok(Self { identity, account })
    }
}

/// The length of a request's body. A body of unknown length costs as much as the longest one.
fn body_bytes(headers: &HeaderMap) -> u64 {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    match length {
        Some(length) => length,
        None if headers.contains_key(TRANSFER_ENCODING) => MAX_POST_BODY_BYTES as u64,
        None => 0,
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
