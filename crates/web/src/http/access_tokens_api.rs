//! Access tokens and bots: `/api/account/tokens`, `/api/bots` and `/api/bots/{bot}/tokens`. Only a person who has signed in
//! manages them; a token does not.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use madang_hub::access_tokens::{NewBotAccount, NewToken, TokenEnd};
use madang_hub::budgets::account::Cost;
use madang_hub::budgets::resource::Resource;
use madang_hub::{names, policy};
use madang_shared::access_tokens::{
    ACCESS_TOKENS_PATH, AccessTokens, BOTS_PATH, Bot, Bots, IssuedAccessToken, MAX_TOKEN_DAYS,
    MAX_TOKEN_ROOMS, NewAccessToken, NewBot,
};
use madang_shared::{ErrorCode, UserId, validate};

use crate::http::accounts::confirmation::ConfirmedUser;
use crate::http::extract::{AuthUser, CommandUser};
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::http::session_token::Token;
use crate::state::AppState;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The route of one token of the signed-in user.
pub fn token_route() -> String {
    format!("{ACCESS_TOKENS_PATH}/{{token}}")
}

/// The route of the tokens of a bot.
pub fn bot_tokens_route() -> String {
    format!("{BOTS_PATH}/{{bot}}/tokens")
}

/// The route of one token of a bot.
pub fn bot_token_route() -> String {
    format!("{BOTS_PATH}/{{bot}}/tokens/{{token}}")
}

/// Answers the tokens of the signed-in user.
pub async fn list(
    State(state): State<AppState>,
    user: AuthUser,
) -> Result<Json<AccessTokens>, Problem> {
    let owner = user.owner()?.id;
    tokens_of(&state, owner, owner).await
}

/// Issues a token for the signed-in user.
pub async fn issue(
    State(state): State<AppState>,
    confirmed: ConfirmedUser,
    body: JsonObject,
) -> Result<(StatusCode, Json<IssuedAccessToken>), Problem> {
    let owner = confirmed.user().id;
    issue_for(&state, owner, owner, body).await
}

/// Ends a token of the signed-in user, and closes its connections.
pub async fn end(
    State(state): State<AppState>,
    user: CommandUser,
    path: Result<Path<u64>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let owner = user.auth.owner()?.id;
    let Path(token) = path.map_err(|_| no_token())?;
    end_token(&state, TokenEnd { manager: owner, account: owner, token }).await
}

/// Answers the bots of the signed-in user.
pub async fn bots(State(state): State<AppState>, user: AuthUser) -> Result<Json<Bots>, Problem> {
    let maker = user.owner()?.id;
    Ok(Json(Bots { bots: state.store.bots(maker).await? }))
}

/// Makes a bot.
pub async fn make_bot(
    State(state): State<AppState>,
    user: CommandUser,
    body: JsonObject,
) -> Result<(StatusCode, Json<Bot>), Problem> {
    let maker = user.auth.owner()?.id;
    let NewBot { name } = body.into_message()?;
    let name = names::user_name(&name)?;
    let name_key = policy::name_key(&name);
    let now = state.clock.now();
    user.auth.account.charge(Cost { resource: Resource::SignUps, units: 1 }, now)?;
    let bot = state.store.make_bot(NewBotAccount { maker, name, name_key, at: now }).await?;
    Ok((StatusCode::CREATED, Json(bot)))
}

/// Answers the tokens of a bot.
pub async fn bot_tokens(
    State(state): State<AppState>,
    user: AuthUser,
    path: Result<Path<u64>, PathRejection>,
) -> Result<Json<AccessTokens>, Problem> {
    let Path(bot) = path.map_err(|_| no_bot())?;
    tokens_of(&state, user.owner()?.id, UserId(bot)).await
}

/// Issues a token for a bot.
pub async fn issue_for_bot(
    State(state): State<AppState>,
    confirmed: ConfirmedUser,
    path: Result<Path<u64>, PathRejection>,
    body: JsonObject,
) -> Result<(StatusCode, Json<IssuedAccessToken>), Problem> {
    let Path(bot) = path.map_err(|_| no_bot())?;
    issue_for(&state, confirmed.user().id, UserId(bot), body).await
}

/// Ends a token of a bot, and closes its connections.
pub async fn end_of_bot(
    State(state): State<AppState>,
    user: CommandUser,
    path: Result<Path<(u64, u64)>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let manager = user.auth.owner()?.id;
    let Path((bot, token)) = path.map_err(|_| no_token())?;
    end_token(&state, TokenEnd { manager, account: UserId(bot), token }).await
}

async fn tokens_of(
    state: &AppState,
    manager: UserId,
    account: UserId,
) -> Result<Json<AccessTokens>, Problem> {
    Ok(Json(AccessTokens { tokens: state.store.tokens(manager, account).await? }))
}

async fn issue_for(
    state: &AppState,
    manager: UserId,
    account: UserId,
    body: JsonObject,
) -> Result<(StatusCode, Json<IssuedAccessToken>), Problem> {
    let NewAccessToken { name, scope, rooms, days } = body.into_message()?;
    let name = validate::token_name(&name)?;
    if rooms.len() > MAX_TOKEN_ROOMS {
        let message = format!("A token is limited to at most {MAX_TOKEN_ROOMS} rooms.");
        return Err(Problem::new(ErrorCode::Invalid, message));
    }
    if days.is_some_and(|days| !(1..=MAX_TOKEN_DAYS).contains(&days)) {
        let message = format!("A token lasts from 1 to {MAX_TOKEN_DAYS} days.");
        return Err(Problem::new(ErrorCode::Invalid, message));
    }
    let at = state.clock.now();
    let expires_at = days.map(|days| at.plus(u64::from(days) * DAY_MS));
    let secret = Token::random_access_token().map_err(|error| {
        tracing::error!(%error, "the system provides no random bytes");
        Problem::new(
            ErrorCode::Internal,
            "The server could not make a token. Nothing was changed; try again later.",
        )
    })?;
    let hash = secret.hash();
    let new = NewToken { manager, account, hash, name, scope, rooms, at, expires_at };
    let token = state.store.issue_token(new).await?;
    tracing::info!(
        manager = manager.0,
        account = account.0,
        token = token.id,
        "access token issued"
    );
    let issued = IssuedAccessToken { secret: secret.into_text(), token };
    Ok((StatusCode::CREATED, Json(issued)))
}

async fn end_token(state: &AppState, end: TokenEnd) -> Result<StatusCode, Problem> {
    let hash = state.store.end_token(end).await?;
    state.open_sessions.end(&hash);
    state.hub.announce_session_end(hash);
    tracing::info!(manager = end.manager.0, token = end.token, "access token ended");
    Ok(StatusCode::NO_CONTENT)
}

fn no_bot() -> Problem {
    Problem::new(ErrorCode::NotFound, "You have made no such bot.")
}

fn no_token() -> Problem {
    Problem::new(ErrorCode::NotFound, "This access token does not exist, or was ended.")
}
