//! One-time links: `POST /api/links` reads one, `POST /api/session/link` uses it up, and `POST
//! /api/users/{user}/recovery` makes one for somebody who cannot sign in any more.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use madang_hub::accounts::{LinkUse, NewLink};
use madang_hub::passwords::NormalPassword;
use madang_shared::account::{LINK_PAGE, LinkInfo, LinkKind, MadeLink, Secret};
use madang_shared::{ErrorCode, UserId};

use super::secrets;
use super::sign_in_request::SignInRequest;
use crate::http::client_info::ClientInfo;
use crate::http::extract::CommandUser;
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::state::AppState;

/// The route of recovery links.
pub const RECOVERY_PATH: &str = "/api/users/{user}/recovery";
/// The time for which a recovery link can be used, in milliseconds.
pub const RECOVERY_MS: u64 = 24 * 3_600_000;

/// Reads a link, without using it up. The fields of the body are those of
/// [`LinkRequest`](madang_shared::account::LinkRequest).
pub async fn read(request: SignInRequest, body: JsonObject) -> Result<Json<LinkInfo>, Problem> {
    let token = secrets::token_hash(body.string("token")?).ok_or_else(no_link)?;
    let found = request.state.store.link(token, request.state.clock.now()).await?;
    let link = found.ok_or_else(no_link)?;
    Ok(Json(LinkInfo { kind: link.kind, name: link.user.name, expires_at: link.expires_at }))
}

/// Starts a session with a recovery or claim link. The fields of the body are those of
/// [`LinkSignIn`](madang_shared::account::LinkSignIn).
pub async fn sign_in(request: SignInRequest, body: JsonObject) -> Result<Response, Problem> {
    let link = secrets::token_hash(body.string("token")?).ok_or_else(no_link)?;
    let password = if body.has("password") { Some(body.string("password")?) } else { None };
    let password = password.map(NormalPassword::of).transpose()?;
    password.as_ref().map_or(Ok(()), NormalPassword::check_new)?;
    let delivery = match request.delivery(&body) {
        Ok(delivery) => delivery,
        Err(refusal) => return Ok(*refusal),
    };
    request.charge()?;
    let state = &request.state;
    // Before the password is hashed, which is dear.
    let found = state.store.link(link, state.clock.now()).await?;
    found.filter(|link| link.kind != LinkKind::Device).ok_or_else(no_link)?;
    let password = match password {
        Some(password) => Some(state.sign_ins.passwords.hash(password).await?),
        None => None,
    };
    let prepared = request.prepare(delivery)?;
    let started = state.store.use_link(LinkUse { link, password, session: prepared.new.clone() });
    let started = started.await?;
    request.refund();
    Ok(request.answer(started, prepared, delivery).await)
}

/// Makes a recovery link, for an administrator.
pub async fn recover(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    client_info: ClientInfo,
    Path(user): Path<u64>,
) -> Result<(StatusCode, Json<MadeLink>), Problem> {
    let by = auth.owner()?.id;
    let token = secrets::random_token()?;
    let at = state.clock.now();
    let expires_at = at.plus(RECOVERY_MS);
    let link = NewLink {
        token: secrets::token_hash(&token.0).ok_or_else(no_link)?,
        kind: LinkKind::Recovery,
        user: UserId(user),
        by: Some(by),
        code: None,
        at,
        expires_at,
    };
    state.store.add_link(link).await?;
    tracing::info!(by = by.0, user, "a recovery link was made");
    let link = address_of(&client_info, &token)?;
    Ok((StatusCode::CREATED, Json(MadeLink { link, expires_at })))
}

/// The address of a link, at the host of the request.
pub(super) fn address_of(
    client_info: &ClientInfo,
    Secret(token): &Secret,
) -> Result<Secret, Problem> {
    let host = client_info.host.as_ref();
    let host = host.ok_or_else(|| Problem::defect("a request has no host"))?;
    let scheme = if client_info.https { "https" } else { "http" };
    Ok(Secret(format!("{scheme}://{host}{LINK_PAGE}#{token}")))
}

pub(super) fn no_link() -> Problem {
    let message =
        "This link or code was used already, has expired, or was withdrawn; ask for a new one.";
    Problem::new(ErrorCode::NotFound, message)
}
