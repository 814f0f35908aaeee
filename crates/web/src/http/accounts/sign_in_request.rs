//! The parts of a request that signs somebody in, and its answer: a new session with a new token.

use std::net::IpAddr;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use madang_hub::accounts::{NewSession, RequestOrigin, StartedSession};
use madang_hub::budgets::account::{Account, Cost};
use madang_hub::budgets::network::Network;
use madang_hub::budgets::resource::Resource;
use madang_hub::ports::TokenHash;
use madang_hub::sign_in_throttle::{AttemptOrigin, SignInSource};
use madang_shared::ErrorCode;
use madang_shared::account::Secret;
use madang_shared::session::SessionInfo;

use super::device_words::device_words;
use super::secrets;
use crate::connection_slots::ConnectionSlot;
use crate::http::client_info::{ClientAddress, ClientInfo};
use crate::http::json_object::JsonObject;
use crate::http::origin::PageAccess;
use crate::http::problem::Problem;
use crate::http::session_token::{
    Token, candidates_in_cookies, device_cookie, device_secret, has_probe, probe_cookie,
};
use crate::state::AppState;

const ONE_SIGN_IN: Cost = Cost { resource: Resource::SignIns, units: 1 };

/// A request that signs somebody in.
pub struct SignInRequest {
    /// The shared state.
    pub state: AppState,
    /// The client's address.
    pub address: IpAddr,
    /// Scheme, host and address.
    pub client_info: ClientInfo,
    account: Account,
    access: PageAccess,
    headers: HeaderMap,
    slot: Option<ConnectionSlot>,
}

impl FromRequestParts<AppState> for SignInRequest {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state).await?;
        let now = state.clock.now();
        let account = state.hub.budgets().stranger(Network::of(address), now);
        account.charge_one(Resource::Reads, now)?;
        Ok(Self {
            state: state.clone(),
            address,
            client_info: ClientInfo::of(&parts.extensions),
            account,
            access: PageAccess::of(&parts.extensions),
            headers: parts.headers.clone(),
            slot: parts.extensions.get::<ConnectionSlot>().cloned(),
        })
    }
}

/// The way in which the client gets its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenDelivery {
    /// See [`SignUp::bearer`](madang_shared::session::SignUp::bearer).
    pub bearer: bool,
}

/// A session that the store has not yet started.
pub struct PreparedSession {
    /// The session.
    pub new: NewSession,
    token: Token,
    device: Option<Secret>,
}

impl SignInRequest {
    /// Charges one attempt to the network.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn charge(&self) -> Result<(), Problem> {
        Ok(self.account.charge(ONE_SIGN_IN, self.state.clock.now())?)
    }

    /// Charges a request that keeps a challenge.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn charge_challenge(&self) -> Result<(), Problem> {
        Ok(self.account.charge_one(Resource::Commands, self.state.clock.now())?)
    }

    /// Returns what [`Self::charge`] has taken: a right attempt takes no place from the others behind the address.
    pub fn refund(&self) {
        self.account.refund(ONE_SIGN_IN, self.state.clock.now());
    }

    /// Reads from the body how the client gets its token, and checks that it can.
    ///
    /// # Errors
    /// The refusal as an answer, which may bring a cookie.
    pub fn delivery(&self, body: &JsonObject) -> Result<TokenDelivery, Box<Response>> {
        let flags = body.flag("bearer").and_then(|it| Ok((it, body.flag("needs_cookie")?)));
        let (bearer, needs_cookie) = flags.map_err(|refused| Box::new(refused.into_response()))?;
        if !bearer && self.access != PageAccess::Full {
            let message = "A page of a development server gets no cookie; sign in with `bearer`, or add its origin \
                to `allowed_origins` in the configuration.";
            return Err(Box::new(Problem::new(ErrorCode::Forbidden, message).into_response()));
        }
        if needs_cookie && !bearer && !has_probe(&self.headers, &self.client_info) {
            let message = "The browser sends no cookies back, and signing in needs one; allow cookies, and send the \
                request again.";
            let problem = Problem::new(ErrorCode::Unsupported, message);
            let cookies = with_cookies([probe_cookie(&self.client_info)]);
            return Err(Box::new((cookies, problem).into_response()));
        }
        Ok(TokenDelivery { bearer })
    }

    /// The origin of the request, as the store remembers it.
    pub fn origin(&self) -> RequestOrigin {
        RequestOrigin {
            device: device_words(&self.headers),
            network: Network::of(self.address).to_string(),
            device_secret: device_secret(&self.headers, &self.client_info)
                .and_then(|secret| secrets::token_hash(&secret)),
        }
    }

    /// The origin of an attempt, for the throttle.
    pub fn attempt_origin(&self, knows_network: bool, knows_device: bool) -> AttemptOrigin {
        if let Some(device) = self.origin().device_secret.filter(|_| knows_device) {
            return AttemptOrigin { source: SignInSource::Device(device), is_known: true };
        }
        let source = SignInSource::Network(Network::of(self.address));
        AttemptOrigin { source, is_known: knows_network }
    }

    /// Makes the token of a new session. A browser gets the secret of its device with it, unless it has one.
    ///
    /// # Errors
    /// `internal` if the system provides no random bytes.
    pub fn prepare(&self, delivery: TokenDelivery) -> Result<PreparedSession, Problem> {
        let token = Token::random().map_err(|error| {
            tracing::error!(%error, "the system provides no random bytes");
            let message =
                "The server could not make a session token. Nothing was changed; try again later.";
            Problem::new(ErrorCode::Internal, message)
        })?;
        let mut origin = self.origin();
        let mut device = None;
        if delivery.bearer {
            origin.device_secret = None;
        } else if origin.device_secret.is_none() {
            let secret = secrets::random_token()?;
            origin.device_secret = secrets::token_hash(&secret.0);
            device = Some(secret);
        }
        let new = NewSession { token: token.hash(), at: self.state.clock.now(), origin };
        Ok(PreparedSession { new, token, device })
    }

    /// The answer to a sign-in. The new cookie replaces the browser's cookie, so the session of that one ends.
    pub async fn answer(
        &self,
        StartedSession { user, ended }: StartedSession,
        PreparedSession { new: _, token, device }: PreparedSession,
        TokenDelivery { bearer }: TokenDelivery,
    ) -> Response {
        tracing::info!(user = user.id.0, client = %self.address, "signed in");
        close_sessions(&self.state, &ended);
        // The answer brings the session, and must arrive.
        if let Some(slot) = &self.slot {
            slot.protect(user.id);
        }
        if bearer {
            let body = SessionInfo { user, token: Some(token.into_text()) };
            return (StatusCode::CREATED, Json(body)).into_response();
        }
        for replaced in candidates_in_cookies(&self.headers, &self.client_info) {
            // The user is signed in in any case, and an error is logged.
            if let Err(error) = self.state.store.sign_out(replaced).await {
                tracing::warn!(%error, "the session of a replaced cookie goes on");
            }
            close_sessions(&self.state, &[replaced]);
        }
        let device = device.and_then(|secret| device_cookie(&self.client_info, &secret.0));
        let cookies = with_cookies([token.to_cookie(&self.client_info), device]);
        (StatusCode::CREATED, cookies, Json(SessionInfo { user, token: None })).into_response()
    }
}

/// Closes the connections of sessions that have ended in the store.
pub fn close_sessions(state: &AppState, ended: &[TokenHash]) {
    for session in ended {
        state.open_sessions.end(session);
        state.hub.announce_session_end(*session);
    }
}

fn with_cookies<const N: usize>(
    cookies: [Option<HeaderValue>; N],
) -> impl axum::response::IntoResponseParts {
    AppendHeaders(
        cookies.into_iter().flatten().map(|cookie| (SET_COOKIE, cookie)).collect::<Vec<_>>(),
    )
}
