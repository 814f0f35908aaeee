//! One-time links: `POST /api/links` reads one, `POST /api/session/link` uses it up, and `POST
//! /api/users/{user}/recovery` makes one for somebody who cannot sign in any more. The page of a link that verifies a mail
//! address reads it here too.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use madang_hub::accounts::{LinkMaker, LinkOutcome, LinkUse, NewLink};
use madang_hub::passwords::NormalPassword;
use madang_shared::account::{LINK_PAGE, LinkInfo, LinkKind, MadeLink, Secret};
use madang_shared::factors::SecondStepNeeded;
use madang_shared::{ErrorCode, UserId};
use serde::Deserialize;

use super::secrets;
use super::sign_in_request::{SignInRequest, close_sessions};
use crate::http::client_info::ClientInfo;
use crate::http::extract::CommandUser;
use crate::http::factors::second_step;
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
    let (store, now) = (&request.state.store, request.state.clock.now());
    if let Some(link) = store.link(token, now).await? {
        let (kind, name, expires_at) = (link.kind, link.user.name, link.expires_at);
        return Ok(Json(LinkInfo { kind, name, address: None, expires_at }));
    }
    let mail = store.mail_verification(token, now).await?.ok_or_else(no_link)?;
    Ok(Json(LinkInfo {
        kind: LinkKind::Mail,
        name: mail.user.name,
        address: Some(mail.address),
        expires_at: mail.expires_at,
    }))
}

/// Starts a session with a recovery or claim link. The answer may ask for a [code](SecondStepNeeded): the link shows no
/// second factor. The fields of the body are those of
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
    let link = LinkUse { link, password: password.clone(), session: prepared.new.clone() };
    let outcome = state.store.use_link(link).await?;
    request.refund();
    match (outcome, password) {
        (LinkOutcome::Started(started), _) => Ok(request.answer(started, prepared, delivery).await),
        (LinkOutcome::NeedsCode { user, ended }, Some(password)) => {
            close_sessions(state, &ended);
            let challenge = second_step::challenge(state, user, &password).await?;
            // They were switched off meanwhile: the new password signs in.
            let second_step = challenge.ok_or_else(no_link)?;
            Ok((StatusCode::ACCEPTED, Json(SecondStepNeeded { second_step })).into_response())
        }
        (LinkOutcome::NeedsCode { .. }, None) => {
            Err(Problem::defect("a link without a password needs a code"))
        }
    }
}

/// The query of a request for a recovery link.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct RecoveryQuery {
    /// Whether the link also removes the one-time passwords and the passkeys of the user.
    #[serde(default)]
    removes_factors: bool,
}

/// Makes a recovery link, for an administrator.
pub async fn recover(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    client_info: ClientInfo,
    Path(user): Path<u64>,
    query: Result<Query<RecoveryQuery>, QueryRejection>,
) -> Result<(StatusCode, Json<MadeLink>), Problem> {
    let Query(RecoveryQuery { removes_factors }) = query.map_err(|_| {
        let message = "`removes_factors` must be true or false.";
        Problem::new(ErrorCode::Malformed, message)
    })?;
    let by = auth.owner()?.id;
    let token = secrets::random_token()?;
    let at = state.clock.now();
    let expires_at = at.plus(RECOVERY_MS);
    let link = NewLink {
        token: secrets::token_hash(&token.0).ok_or_else(no_link)?,
        kind: LinkKind::Recovery,
        user: UserId(user),
        by: LinkMaker::User(by),
        code: None,
        removes_factors,
        at,
        expires_at,
    };
    state.store.add_link(link).await?;
    tracing::info!(by = by.0, user, removes_factors, "a recovery link was made");
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
