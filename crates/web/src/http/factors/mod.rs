//! The factors of a sign-in beside passwords, over HTTP: passkeys, one-time passwords with recovery codes, and identity
//! providers.

pub mod codes;
pub mod passkey_api;
pub mod provider_api;
pub mod providers;
pub mod second_step;
pub mod user_factors_api;

use axum::extract::State;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use madang_hub::factors::{ChallengeKey, ChallengeKind, NewChallenge};
use madang_identity::passkeys::RelyingParty;
use madang_shared::factors::{
    CONFIRM_TOTP_PATH, FACTORS_PATH, FINISH_PASSKEY_PATH, FINISH_PASSKEY_SIGN_IN_PATH,
    PASSKEY_SIGN_IN_PATH, PASSKEYS_PATH, ProviderInfo, RECOVERY_CODES_PATH, REMOVE_TOTP_PATH,
    SECOND_STEP_PATH, SIGN_IN_METHODS_PATH, SignInMethods, TOTP_PATH,
};
use madang_shared::{ErrorCode, Timestamp, UserId};

use crate::http::client_info::ClientInfo;
use crate::http::problem::Problem;
use crate::http::session_token::{Token, hash};
use crate::state::AppState;

/// The time in which a browser answers a challenge, in milliseconds: ten minutes.
const CHALLENGE_MS: u64 = 10 * 60 * 1_000;

/// The routes of the factors of sign-ins.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route(SIGN_IN_METHODS_PATH, get(methods))
        .route(PASSKEY_SIGN_IN_PATH, post(passkey_api::begin))
        .route(FINISH_PASSKEY_SIGN_IN_PATH, post(passkey_api::finish))
        .route(SECOND_STEP_PATH, post(second_step::finish))
        .route(provider_api::BEGIN_PATH, get(provider_api::begin))
        .route(provider_api::CALLBACK_PATH, get(provider_api::callback))
        .route(provider_api::LOGOUT_PATH, post(provider_api::logout))
        .route(FACTORS_PATH, get(user_factors_api::factors))
        .route(PASSKEYS_PATH, post(user_factors_api::begin_passkey))
        .route(FINISH_PASSKEY_PATH, post(user_factors_api::finish_passkey))
        .route(
            user_factors_api::PASSKEY_PATH,
            delete(user_factors_api::remove_passkey).post(user_factors_api::rename_passkey),
        )
        .route(
            provider_api::LINKED_PATH,
            post(provider_api::begin_link).delete(provider_api::unlink),
        )
        .route(TOTP_PATH, post(user_factors_api::begin_totp))
        .route(CONFIRM_TOTP_PATH, post(user_factors_api::confirm_totp))
        .route(REMOVE_TOTP_PATH, post(user_factors_api::remove_totp))
        .route(RECOVERY_CODES_PATH, post(user_factors_api::replace_recovery_codes))
}

/// Answers the ways to sign in, which everybody may know.
pub async fn methods(
    State(state): State<AppState>,
    client_info: ClientInfo,
) -> Result<Json<SignInMethods>, Problem> {
    let providers = state
        .providers
        .all()
        .map(|provider| ProviderInfo { id: provider.id.clone(), name: provider.name.clone() });
    let passkeys = relying_party(&state, &client_info).is_some();
    let mail = state.mail.is_some();
    Ok(Json(SignInMethods { passkeys, providers: providers.collect(), mail }))
}

/// The server as the passkeys of the requested address know it; none if browsers make no passkeys for the address.
fn relying_party(state: &AppState, client_info: &ClientInfo) -> Option<RelyingParty> {
    let host = client_info.host.as_ref()?;
    let is_https = state.origins.is_https(client_info);
    RelyingParty::of_origin(is_https, &host.host().to_string(), host.port())
}

/// Keeps a challenge. Returns its token, for the browser.
pub(super) async fn begin(
    state: &AppState,
    kind: ChallengeKind,
    user: Option<UserId>,
    content: String,
) -> Result<String, Problem> {
    let token = Token::random().map_err(no_randomness)?;
    let at = state.clock.now();
    let new = NewChallenge {
        token: token.hash(),
        kind,
        user,
        content,
        at,
        expires_at: at.plus(CHALLENGE_MS),
    };
    state.store.add_challenge(new).await?;
    Ok(token.into_text())
}

/// The name of the challenge with this token.
pub(super) fn key(token: &str, kind: ChallengeKind) -> ChallengeKey {
    ChallengeKey { token: hash(token), kind }
}

/// The time in seconds since 1970, as one-time passwords count it.
fn seconds(now: Timestamp) -> u64 {
    now.0 / 1_000
}

pub(super) fn no_randomness(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "the system provides no random bytes");
    let message = "The server could not make a secret. Nothing was changed; try again later.";
    Problem::new(ErrorCode::Internal, message)
}

/// The refusal of an operation that took too long, or was ended before.
pub(super) fn expired() -> Problem {
    Problem::new(ErrorCode::Unauthenticated, "This took too long, or was done before; begin again.")
}
