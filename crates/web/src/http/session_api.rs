//! The sign-in session of a client: `POST`, `GET` and `DELETE /api/session`.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use madang_hub::budgets::account::Cost;
use madang_hub::budgets::network::Network;
use madang_hub::budgets::resource::Resource;
use madang_hub::policy;
use madang_hub::ports::NewUser;
use madang_shared::session::{SessionInfo, SignUp};
use madang_shared::{ErrorCode, validate};

use crate::http::client_info::{ClientAddress, ClientInfo};
use crate::http::problem::Problem;
use crate::http::session_token::{Token, hash, removal_cookie, token_of};
use crate::state::AppState;

/// Signs a user up and starts a session: with a cookie for browsers, or with a bearer token if requested.
pub async fn sign_up(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    client_info: ClientInfo,
    body: Result<Json<SignUp>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(SignUp { name, bearer }) = body.map_err(|rejection| Problem::from(&rejection))?;
    let name = validate::user_name(&name).map_err(Problem)?;
    let now = state.clock.now();
    let account = state.hub.budgets().stranger(Network::of(address), now);
    account.charge_one(Resource::Reads, now).map_err(Problem)?;
    account.check(Resource::SignUps, now).map_err(Problem)?;
    let token = Token::random().map_err(|error| {
        tracing::error!(%error, "the system provides no random bytes");
        Problem::new(
            ErrorCode::Internal,
            "The server could not make a session token. Nothing was changed; try again later.",
        )
    })?;
    let name_key = policy::name_key(&name);
    let new = NewUser { name, name_key, token: token.hash(), at: now };
    let user = state.store.sign_up(new).await?;
    // After the sign-up, because a try at a taken name takes no place from the others behind the address.
    account.spend(Cost { resource: Resource::SignUps, units: 1 }, now);
    tracing::info!(user = user.id.0, client = %address, "signed up");
    Ok(if bearer {
        (StatusCode::CREATED, Json(SessionInfo { user, token: Some(token.into_text()) }))
            .into_response()
    } else {
        let cookie =
            AppendHeaders(token.to_cookie(&client_info).map(|cookie| (SET_COOKIE, cookie)));
        (StatusCode::CREATED, cookie, Json(SessionInfo { user, token: None })).into_response()
    })
}

/// Answers the user of the session; 204 without a session. A missing session is not an error, because every
/// new visitor's page sends this request, and browsers log errors to their console.
pub async fn current(
    State(state): State<AppState>,
    headers: HeaderMap,
    client_info: ClientInfo,
) -> Result<Response, Problem> {
    if let Some(stranger) = state.stranger(&client_info) {
        stranger.charge_one(Resource::Reads, state.clock.now()).map_err(Problem)?;
    }
    let user = match token_of(&headers, &client_info) {
        Some(token) => state.store.session(hash(&token)).await?,
        None => None,
    };
    Ok(match user {
        Some(user) => Json(SessionInfo { user, token: None }).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// Ends the session and closes its connections. Ending an ended session is not an error.
pub async fn sign_out(
    State(state): State<AppState>,
    headers: HeaderMap,
    client_info: ClientInfo,
) -> Result<Response, Problem> {
    if let Some(token) = token_of(&headers, &client_info) {
        let session = hash(&token);
        state.store.sign_out(session).await?;
        state.open_sessions.end(&session);
    }
    let cookie = AppendHeaders(removal_cookie(&client_info).map(|cookie| (SET_COOKIE, cookie)));
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}
