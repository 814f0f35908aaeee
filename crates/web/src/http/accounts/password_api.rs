//! Passwords: `POST /api/session/password` signs in with one, `POST /api/account/password` sets or changes it.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use madang_hub::accounts::{CredentialsRequest, NewPassword, SignInProof};
use madang_hub::passwords::{NormalPassword, is_outdated};
use madang_hub::policy::name_key;
use madang_shared::factors::SecondStepNeeded;
use madang_shared::{ErrorCode, UserId, validate};

use super::account_api::AccountSession;
use super::password_check::{check_password, record_refused};
use super::sign_in_request::{SignInRequest, close_sessions};
use crate::http::client_info::ClientInfo;
use crate::http::extract::CommandUser;
use crate::http::factors::second_step;
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::state::AppState;

/// Starts a session with a name and a password. The fields of the body are those of
/// [`PasswordSignIn`](madang_shared::account::PasswordSignIn); the answer may ask for a
/// [code](SecondStepNeeded). A wrong name and a wrong password get one answer, after
/// the same time.
pub async fn sign_in(request: SignInRequest, body: JsonObject) -> Result<Response, Problem> {
    let name = body.string("name")?;
    let password = NormalPassword::of(body.string("password")?)?;
    let delivery = match request.delivery(&body) {
        Ok(delivery) => delivery,
        Err(refusal) => return Ok(*refusal),
    };
    request.charge()?;
    let (state, limits) = (&request.state, &request.state.sign_ins);
    let origin = request.origin();
    // No account has an invalid name, and an engine may not be able to compare it.
    let name_key = name_key(name);
    let credentials = match validate::user_name(name) {
        Ok(_) => {
            let (name_key, origin) = (name_key.clone(), origin.clone());
            state.store.credentials(CredentialsRequest { name_key, origin }).await?
        }
        Err(_) => None,
    };
    let knows = credentials.as_ref().map(|it| (it.knows_network, it.knows_device));
    let (knows_network, knows_device) = knows.unwrap_or_default();
    let attempt = request.attempt_origin(knows_network, knows_device);
    let account = limits.account(&name_key);
    if let Err(refused) = limits.throttle.begin(account, attempt, state.clock.now()) {
        // No password was checked: a flood at one account takes no place from the others behind the address.
        request.refund();
        return Err(refused.into());
    }
    let hash = credentials.as_ref().and_then(|it| it.password.clone());
    let matches = match limits.passwords.matches(password.clone(), hash.clone()).await {
        Ok(matches) => matches,
        Err(refused) => {
            limits.throttle.withdraw(account, attempt);
            request.refund();
            return Err(refused);
        }
    };
    let (Some(credentials), Some(hash), true) = (credentials.as_ref(), hash, matches) else {
        if let Some(credentials) = &credentials {
            record_refused(state, credentials.user.id, origin);
        }
        let message = "The name or the password is wrong.";
        return Err(Problem::new(ErrorCode::Unauthenticated, message));
    };
    limits.throttle.succeeded(account, attempt);
    request.refund();
    let user = credentials.user.id;
    if let Some(challenge) = second_step::challenge(state, user, &hash).await? {
        let needed = SecondStepNeeded { second_step: challenge };
        return Ok((StatusCode::ACCEPTED, Json(needed)).into_response());
    }
    let prepared = request.prepare(delivery)?;
    let proof = SignInProof::Password(hash.clone());
    let started = state.store.start_session(user, proof, prepared.new.clone()).await?;
    if is_outdated(&hash) {
        rehash(state, user, password, hash);
    }
    Ok(request.answer(started, prepared, delivery).await)
}

/// Sets or changes the password. The fields of the body are those of
/// [`PasswordChange`](madang_shared::account::PasswordChange).
pub async fn set_password(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    headers: HeaderMap,
    client_info: ClientInfo,
    request: SignInRequest,
    body: JsonObject,
) -> Result<Response, Problem> {
    let user = auth.owner()?;
    let password = NormalPassword::of(body.string("password")?)?;
    password.check_new()?;
    let current = if body.has("current") { Some(body.string("current")?) } else { None };
    let current = current.map(NormalPassword::of).transpose()?;
    let AccountSession { record, session } =
        AccountSession::of(&state, user.id, &headers, &client_info).await?;
    let mut entered = None;
    if let (Some(current), Some(hash)) = (current, record.password) {
        check_password(&state, user, &request, current, &hash).await?;
        entered = Some(hash);
    }
    let hash = state.sign_ins.passwords.hash(password).await?;
    let at = state.clock.now();
    let new = NewPassword { user: user.id, hash, session: session.token, entered, at };
    let ended = state.store.set_password(new).await?;
    close_sessions(&state, &ended);
    tracing::info!(user = user.id.0, ended = ended.len(), "the password was set");
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Hashes an entered password with the parameters of today. The answer does not wait for it.
fn rehash(state: &AppState, user: UserId, password: NormalPassword, former: String) {
    let state = state.clone();
    state.tasks.clone().spawn(async move {
        // A full queue: the next sign-in tries again.
        let Ok(hash) = state.sign_ins.passwords.hash(password).await else { return };
        if let Err(error) = state.store.replace_password_hash(user, former, hash).await {
            tracing::warn!(%error, user = user.0, "an outdated hash of a password was not replaced");
        }
    });
}
