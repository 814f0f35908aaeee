//! The second step of a sign-in with a password: a one-time password, or a recovery code.

use axum::response::Response;
use madang_hub::factors::ChallengeKind;
use madang_shared::{ErrorCode, UserId};

use super::codes::{self, WRONG_CODE};
use super::{begin, expired, key};
use crate::http::accounts::sign_in_request::SignInRequest;
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::state::AppState;

/// The challenge for a user whose password, with this hash, was right; none if the user needs no code. A sign-in with a
/// password starts no session before the answer to the challenge.
///
/// # Errors
/// `unavailable`.
pub async fn challenge(
    state: &AppState,
    user: UserId,
    password: &str,
) -> Result<Option<String>, Problem> {
    let totp = state.store.totp(user, state.clock.now()).await?;
    if !totp.is_some_and(|totp| totp.is_confirmed) {
        return Ok(None);
    }
    begin(state, ChallengeKind::SecondStep, Some(user), password.to_owned()).await.map(Some)
}

/// Ends the sign-in. The fields of the body are those of [`madang_shared::factors::SecondStep`].
pub async fn finish(request: SignInRequest, body: JsonObject) -> Result<Response, Problem> {
    let (challenge, code) = (body.string("challenge")?, body.string("code")?);
    let delivery = match request.delivery(&body) {
        Ok(delivery) => delivery,
        Err(refusal) => return Ok(*refusal),
    };
    request.charge()?;
    let state = &request.state;
    let key = key(challenge, ChallengeKind::SecondStep);
    let open = state.store.try_challenge(key, state.clock.now()).await?;
    let user = open.and_then(|open| open.user).ok_or_else(expired)?;
    let wrong = || Problem::new(ErrorCode::Invalid, WRONG_CODE);
    let proof = codes::check(state, user, code).await?.ok_or_else(wrong)?;
    let prepared = request.prepare(delivery)?;
    let started = state.store.finish_second_step(key, proof, prepared.new.clone()).await?;
    let started = started.ok_or_else(wrong)?;
    request.refund();
    Ok(request.answer(started, prepared, delivery).await)
}
