//! Who one is: `POST`, `GET` and `DELETE /api/session`.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use madang_hub::policy;
use madang_hub::ports::NewUser;
use madang_shared::session::{SessionInfo, SignUp};
use madang_shared::{ErrorCode, validate};

use crate::client_info::{ClientAddress, ClientInfo};
use crate::problem::Problem;
use crate::session_token::{Token, hash, no_cookie, token_of};
use crate::state::AppState;

/// Chooses a name and starts a session: a cookie for a browser, or a bearer token where asked for.
pub async fn sign_up(
    State(state): State<AppState>,
    from: ClientAddress,
    client_info: ClientInfo,
    body: Result<Json<SignUp>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(SignUp { name, bearer }) = body.map_err(|wrong| Problem::unreadable(&wrong))?;
    let name = validate::user_name(&name).map_err(Problem)?;
    state.rate_limiter.sign_up(from, state.clock.now())?;
    let token = Token::draw().map_err(|error| {
        tracing::error!(%error, "the system gives no randomness");
        Problem::new(ErrorCode::Internal, "The server could not make a session.")
    })?;
    let name_key = policy::name_key(&name);
    let new = NewUser { name, name_key, token: token.hash(), at: state.clock.now() };
    let user = state.store.sign_up(new).await?;
    tracing::info!(user = user.id.0, client = %from.0, "signed up");
    Ok(if bearer {
        (StatusCode::CREATED, Json(SessionInfo { user, token: Some(token.into_text()) }))
            .into_response()
    } else {
        let cookie =
            AppendHeaders(token.to_cookie(&client_info).map(|cookie| (SET_COOKIE, cookie)));
        (StatusCode::CREATED, cookie, Json(SessionInfo { user, token: None })).into_response()
    })
}

/// Says whose session this is; no content if it is nobody's. That is no error: every new visitor
/// asks, and a browser would write an error into its console.
pub async fn who_am_i(
    State(state): State<AppState>,
    headers: HeaderMap,
    client_info: ClientInfo,
) -> Result<Response, Problem> {
    let user = match token_of(&headers, &client_info) {
        Some(token) => state.store.session(hash(token)).await?,
        None => None,
    };
    Ok(match user {
        Some(user) => Json(SessionInfo { user, token: None }).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// Ends the session, and every connection of it. Ending it twice is no error.
pub async fn sign_out(
    State(state): State<AppState>,
    headers: HeaderMap,
    client_info: ClientInfo,
) -> Result<Response, Problem> {
    if let Some(token) = token_of(&headers, &client_info) {
        let session = hash(token);
        state.store.sign_out(session).await?;
        state.open_sessions.end(&session);
    }
    let cookie = AppendHeaders(no_cookie(&client_info).map(|cookie| (SET_COOKIE, cookie)));
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}
