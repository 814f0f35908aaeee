//! Signing in with an identity provider.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use madang_hub::factors::{ChallengeKind, ProviderLink, ProviderSessionEnd};
use madang_hub::ports::StoreError;
use madang_identity::oidc::{CallbackQuery, OidcError, PendingSignIn, ProviderIdentity};
use madang_shared::factors::{
    PROVIDER_FAILURE_MARK, PROVIDER_PATH, ProviderFailure, ProviderStart,
};
use madang_shared::{ErrorCode, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::providers::SignInProvider;
use super::{begin as begin_challenge, key};
use crate::http::accounts::confirmation::ConfirmedUser;
use crate::http::accounts::sign_in_request::{SignInRequest, TokenDelivery, close_sessions};
use crate::http::client_info::ClientInfo;
use crate::http::problem::Problem;
use crate::http::session_token::{authenticate, candidates, provider_cookie, provider_token};
use crate::state::AppState;

/// The route that begins a sign-in; see [`PROVIDER_PATH`].
pub const BEGIN_PATH: &str = "/api/session/oidc/{provider}";
/// The route to which the provider sends the browser back.
pub const CALLBACK_PATH: &str = "/api/session/oidc/{provider}/callback";
/// The route of the user's account at a provider; see
/// [`LINKED_PROVIDERS_PATH`](madang_shared::factors::LINKED_PROVIDERS_PATH).
pub const LINKED_PATH: &str = "/api/account/providers/{provider}";
/// The route to which the provider sends logout tokens.
pub const LOGOUT_PATH: &str = "/api/session/oidc/{provider}/logout";

/// The page of the app with the account of the user.
const ACCOUNT_PAGE: &str = "/settings/account";

const FORM: &str = "application/x-www-form-urlencoded";

/// The content of the challenge of a sign-in.
#[derive(Serialize, Deserialize)]
struct PendingVisit {
    provider: String,
    pending: PendingSignIn,
}

/// Sends the browser to the provider. A cookie binds the sign-in to the browser.
pub async fn begin(request: SignInRequest, Path(id): Path<String>) -> Result<Response, Problem> {
    request.charge_challenge()?;
    let (state, client_info) = (&request.state, &request.client_info);
    let provider = state.providers.find(&id).ok_or_else(no_provider)?;
    let visit = match visit(state, client_info, provider, None).await? {
        Ok(visit) => visit,
        Err(error) => return Ok(failed(provider, &error)),
    };
    Ok(with_cookie(redirect_to(&visit.location), client_info, &visit.token))
}

/// Begins to link the user's account at the provider. The answer names the address to which the app leads the browser.
pub async fn begin_link(
    State(state): State<AppState>,
    confirmed: ConfirmedUser,
    client_info: ClientInfo,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let provider = state.providers.find(&id).ok_or_else(no_provider)?;
    let user = Some(confirmed.user().id);
    let visit = visit(&state, &client_info, provider, user).await?.map_err(|error| {
        tracing::warn!(provider = provider.id, %error, "a visit at a provider failed");
        Problem::new(ErrorCode::Unavailable, "The identity provider cannot be reached.")
    })?;
    let start = Json(ProviderStart { location: visit.location }).into_response();
    Ok(with_cookie(start, &client_info, &visit.token))
}

/// Unlinks the user's account at the provider.
pub async fn unlink(
    State(state): State<AppState>,
    confirmed: ConfirmedUser,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let provider = state.providers.find(&id).ok_or_else(no_provider)?;
    let (user, issuer) = (confirmed.user().id, provider.provider.issuer().to_owned());
    state.store.unlink_provider(ProviderLink { user, issuer, subject: String::new() }).await?;
    tracing::info!(user = user.0, provider = provider.id, "a provider was unlinked");
    Ok(StatusCode::NO_CONTENT)
}

/// A visit of a browser at the provider.
struct Visit {
    location: String,
    /// Binds the visit to the browser.
    token: String,
}

/// Begins a visit: of a stranger, or of a user who links an account.
async fn visit(
    state: &AppState,
    client_info: &ClientInfo,
    provider: &SignInProvider,
    user: Option<UserId>,
) -> Result<Result<Visit, OidcError>, Problem> {
    let redirect = callback_address(state, client_info, provider)?;
    let start = match provider.provider.begin(&redirect, state.clock.now().0).await {
        Ok(start) => start,
        Err(error) => return Ok(Err(error)),
    };
    let pending = PendingVisit { provider: provider.id.clone(), pending: start.pending };
    let content = serde_json::to_string(&pending)
        .map_err(|_| Problem::defect("a challenge cannot be written"))?;
    let token = begin_challenge(state, ChallengeKind::Provider, user, content).await?;
    Ok(Ok(Visit { location: start.location, token }))
}

fn with_cookie(mut response: Response, client_info: &ClientInfo, token: &str) -> Response {
    if let Some(cookie) = provider_cookie(client_info, token) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Ends the sign-in: the provider has sent the browser back. The answer leads into the app.
pub async fn callback(
    request: SignInRequest,
    Path(id): Path<String>,
    headers: HeaderMap,
    query: Result<Query<CallbackQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    request.charge()?;
    let state = &request.state;
    let provider = state.providers.find(&id).ok_or_else(no_provider)?;
    let Ok(Query(query)) = query else { return Ok(app(Some(ProviderFailure::Failed))) };
    let Some((linking, pending)) = pending(state, &request.client_info, &headers, &id).await?
    else {
        return Ok(app(Some(ProviderFailure::Expired)));
    };
    let identity = match provider.provider.finish(pending, query, state.clock.now().0).await {
        Ok(identity) => identity,
        Err(error) if linking.is_some() => {
            tracing::warn!(provider = provider.id, %error, "a visit at a provider failed");
            return Ok(account_page(Some(ProviderFailure::Failed)));
        }
        Err(error) => return Ok(failed(provider, &error)),
    };
    if let Some(user) = linking {
        request.refund();
        return link(&request, &headers, user, identity).await;
    }
    // A browser comes here, which has its cookies.
    let delivery = TokenDelivery { bearer: false };
    let prepared = request.prepare(delivery)?;
    let sign_in = provider.sign_in(identity, prepared.new.clone());
    let started = match state.store.sign_in_with_provider(sign_in).await {
        Ok(started) => started,
        Err(StoreError::Refused(failure)) => {
            tracing::info!(
                provider = provider.id,
                reason = failure.message,
                "a person was refused"
            );
            return Ok(app(Some(ProviderFailure::Refused)));
        }
        Err(error) => return Err(error.into()),
    };
    request.refund();
    let answer = request.answer(started, prepared, delivery).await;
    let mut response = app(None);
    for cookie in answer.headers().get_all(SET_COOKIE) {
        response.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    Ok(with_cookie(response, &request.client_info, ""))
}

/// Links the person whom the provider has signed in to the user who began the visit, and who must still be signed in here:
/// otherwise somebody else at the same browser would get a way into the account.
async fn link(
    request: &SignInRequest,
    headers: &HeaderMap,
    user: UserId,
    identity: ProviderIdentity,
) -> Result<Response, Problem> {
    let (state, client_info) = (&request.state, &request.client_info);
    let candidates = candidates(headers, client_info);
    let signed_in = authenticate(state.store.as_ref(), &candidates, state.clock.now()).await?;
    if signed_in.is_none_or(|identity| identity.user.id != user) {
        return Ok(account_page(Some(ProviderFailure::Expired)));
    }
    let ProviderIdentity { issuer, subject, .. } = identity;
    let failure = match state.store.link_provider(ProviderLink { user, issuer, subject }).await {
        Ok(()) => None,
        Err(StoreError::Refused(_)) => Some(ProviderFailure::Taken),
        Err(error) => return Err(error.into()),
    };
    tracing::info!(user = user.0, linked = failure.is_none(), "a provider was to be linked");
    Ok(with_cookie(account_page(failure), client_info, ""))
}

/// Ends sessions on a request of the provider (OpenID Connect Back-Channel Logout).
pub async fn logout(
    State(state): State<AppState>,
    client_info: ClientInfo,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    if let Some(stranger) = state.stranger(&client_info) {
        stranger.charge_one(madang_hub::budgets::resource::Resource::Commands, now)?;
    }
    let provider = state.providers.find(&id).ok_or_else(no_provider)?;
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = content_type.is_some_and(|it| it.split(';').next().map(str::trim) == Some(FORM));
    let mut form = url::form_urlencoded::parse(body.as_bytes());
    let token = form.find(|(name, _)| name == "logout_token").map(|(_, value)| value);
    let Some(token) = token.filter(|_| is_form) else {
        let message = "Send the field `logout_token` as a form.";
        return Err(Problem::new(ErrorCode::Malformed, message));
    };
    let logout = provider.provider.logout(&token, now.0).await.map_err(|error| {
        tracing::warn!(provider = provider.id, %error, "a logout token was refused");
        Problem::new(ErrorCode::Malformed, "The logout token does not count.")
    })?;
    let end = ProviderSessionEnd {
        issuer: logout.issuer,
        subject: logout.subject,
        provider_session: logout.provider_session,
        // The provider counts in seconds.
        up_to: Timestamp(logout.made_at_seconds.saturating_add(1).saturating_mul(1_000)),
    };
    let ended = state.store.end_provider_sessions(end).await?;
    tracing::info!(provider = provider.id, sessions = ended.len(), "the provider ended sessions");
    close_sessions(&state, &ended);
    Ok((StatusCode::OK, [(CACHE_CONTROL, "no-store")]).into_response())
}

/// The visit that began in this browser, at this provider, with the user who links an account by it. It can be used once.
async fn pending(
    state: &AppState,
    client_info: &ClientInfo,
    headers: &HeaderMap,
    provider: &str,
) -> Result<Option<(Option<UserId>, PendingSignIn)>, Problem> {
    let Some(token) = provider_token(headers, client_info) else { return Ok(None) };
    let key = key(&token, ChallengeKind::Provider);
    let open = state.store.take_challenge(key, state.clock.now()).await?;
    let Some(open) = open else { return Ok(None) };
    let visit = serde_json::from_str::<PendingVisit>(&open.content).ok();
    let visit = visit.filter(|visit| visit.provider == provider);
    Ok(visit.map(|visit| (open.user, visit.pending)))
}

/// The address to which the provider sends the browser back, as the browser knows this server.
fn callback_address(
    state: &AppState,
    client_info: &ClientInfo,
    provider: &SignInProvider,
) -> Result<String, Problem> {
    let host = client_info.host.as_ref().ok_or_else(|| {
        Problem::new(ErrorCode::Malformed, "The request names no host; send the header `Host`.")
    })?;
    let scheme = if state.origins.is_https(client_info) { "https" } else { "http" };
    Ok(format!("{scheme}://{host}{PROVIDER_PATH}/{}/callback", provider.id))
}

/// Leads into the app, which tells the person about a failure.
fn app(failure: Option<ProviderFailure>) -> Response {
    match failure {
        None => redirect_to("/"),
        Some(failure) => {
            redirect_to(&format!("/sign-in#{PROVIDER_FAILURE_MARK}{}", failure.name()))
        }
    }
}

/// Leads to the page of the account, which tells the person about a failure.
fn account_page(failure: Option<ProviderFailure>) -> Response {
    let failure = failure.map(|failure| format!("#{PROVIDER_FAILURE_MARK}{}", failure.name()));
    redirect_to(&format!("{ACCOUNT_PAGE}{}", failure.unwrap_or_default()))
}

fn failed(provider: &SignInProvider, error: &OidcError) -> Response {
    tracing::warn!(provider = provider.id, %error, "a sign-in with a provider failed");
    app(Some(ProviderFailure::Failed))
}

/// The browser goes there with a new request, without the body of this one.
fn redirect_to(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => Problem::defect("a location is no header").into_response(),
    }
}

fn no_provider() -> Problem {
    Problem::new(ErrorCode::NotFound, "There is no such identity provider here.")
}
