//! The confirmation of the person before an act that changes who can sign in: the password, or a passkey, once more.
//! `GET` and `POST /api/account/confirm`, and the same with a passkey.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use madang_hub::accounts::{AccountRecord, FRESH_SESSION_MS, SessionRecord};
use madang_hub::factors::{ChallengeKind, PasskeyUse};
use madang_hub::passwords::NormalPassword;
use madang_identity::passkeys::{AssertionAnswer, PasskeyChallenge, StoredPasskey};
use madang_shared::account::ConfirmationState;
use madang_shared::factors::PasskeyStart;
use madang_shared::{ErrorCode, Timestamp, User};

use super::account_api::AccountSession;
use super::password_check::check_password;
use super::sign_in_request::SignInRequest;
use crate::http::client_info::ClientInfo;
use crate::http::extract::{AuthUser, CommandUser};
use crate::http::factors::passkey_api::{challenge_of, credential, require_relying_party};
use crate::http::factors::{begin, codes, expired, key, no_randomness};
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::http::session_token::to_text;
use crate::state::AppState;

/// The user of a command who has signed in, or has confirmed, a moment ago. A user with neither a password nor a passkey
/// has nothing to confirm with, and needs none.
#[derive(Clone, Debug)]
pub struct ConfirmedUser(User);

impl ConfirmedUser {
    /// The user.
    pub fn user(&self) -> &User {
        &self.0
    }
}

impl FromRequestParts<AppState> for ConfirmedUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let CommandUser { auth, .. } = CommandUser::from_request_parts(parts, state).await?;
        let user = auth.owner()?.clone();
        let client_info = ClientInfo::of(&parts.extensions);
        let account = AccountSession::of(state, user.id, &parts.headers, &client_info).await?;
        if needs_confirmation(&account.record, &account.session, state.clock.now()) {
            let message = "Confirm that it is you: send your password, or use a passkey, at /api/account/confirm.";
            return Err(Problem::new(ErrorCode::Forbidden, message));
        }
        Ok(Self(user))
    }
}

/// Whether the session began, or was confirmed, too long ago.
pub(super) fn needs_confirmation(
    record: &AccountRecord,
    session: &SessionRecord,
    now: Timestamp,
) -> bool {
    let can_confirm = record.password.is_some() || record.has_passkeys;
    can_confirm && !session.is_confirmed(now)
}

/// Answers whether an act needs a confirmation first, and how it can be made.
pub async fn state(
    State(state): State<AppState>,
    auth: AuthUser,
    headers: HeaderMap,
    client_info: ClientInfo,
) -> Result<Json<ConfirmationState>, Problem> {
    let user = auth.owner()?.id;
    let AccountSession { record, session } =
        AccountSession::of(&state, user, &headers, &client_info).await?;
    Ok(Json(ConfirmationState {
        needed: needs_confirmation(&record, &session, state.clock.now()),
        password: record.password.is_some(),
        passkeys: record.has_passkeys,
        code: record.password.is_some() && record.has_totp,
    }))
}

/// Confirms with the password, and with a code where the account has one-time passwords. The fields of the body are those of
/// [`madang_shared::account::Confirmation`].
pub async fn confirm(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    headers: HeaderMap,
    client_info: ClientInfo,
    request: SignInRequest,
    body: JsonObject,
) -> Result<StatusCode, Problem> {
    let user = auth.owner()?;
    let password = NormalPassword::of(body.string("password")?)?;
    let AccountSession { record, session } =
        AccountSession::of(&state, user.id, &headers, &client_info).await?;
    let Some(hash) = record.password else { return Err(wrong()) };
    check_password(&state, user, &request, password, &hash).await?;
    if record.has_totp {
        let code = if body.has("code") { body.string("code")? } else { "" };
        codes::require(&state, user.id, code).await?;
    }
    let until = state.clock.now().plus(FRESH_SESSION_MS);
    state.store.confirm_session(user.id, session.token, until).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins a confirmation with a passkey.
pub async fn begin_passkey(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    client_info: ClientInfo,
) -> Result<Json<PasskeyStart>, Problem> {
    let user = auth.owner()?.id;
    let relying_party = require_relying_party(&state, &client_info)?;
    let challenge = PasskeyChallenge::random().map_err(no_randomness)?;
    let kind = ChallengeKind::PasskeySignIn;
    let token = begin(&state, kind, Some(user), to_text(challenge.0)).await?;
    let options = relying_party.sign_in_options(challenge).to_string();
    Ok(Json(PasskeyStart { challenge: token, options }))
}

/// Ends it. The fields of the body are those of [`madang_shared::account::PasskeyConfirmation`].
pub async fn finish_passkey(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    headers: HeaderMap,
    client_info: ClientInfo,
    body: JsonObject,
) -> Result<StatusCode, Problem> {
    let user = auth.owner()?.id;
    let answer: AssertionAnswer = credential(&body)?;
    let relying_party = require_relying_party(&state, &client_info)?;
    let key = key(body.string("challenge")?, ChallengeKind::PasskeySignIn);
    let now = state.clock.now();
    let open = state.store.take_challenge(key, now).await?;
    // A challenge of the sign-in page names nobody.
    let open = open.filter(|open| open.user == Some(user)).ok_or_else(expired)?;
    let challenge = challenge_of(&open).ok_or_else(expired)?;
    let credential_id = answer.credential_id().ok_or_else(wrong)?;
    let found = state.store.passkey(credential_id.clone()).await?;
    let found = found.filter(|found| found.user.id == user).ok_or_else(wrong)?;
    let passkey = StoredPasskey {
        public_key: found.public_key,
        counter: found.counter,
        user_handle: found.user_handle,
    };
    let counter = relying_party.signed_in(challenge, &passkey, &answer).map_err(|error| {
        tracing::warn!(user = user.0, %error, "a passkey was refused");
        wrong()
    })?;
    let AccountSession { session, .. } =
        AccountSession::of(&state, user, &headers, &client_info).await?;
    let confirmed = PasskeyUse {
        credential_id,
        counter_before: passkey.counter,
        counter,
        session: session.token,
        at: now,
        until: now.plus(FRESH_SESSION_MS),
    };
    state.store.confirm_with_passkey(confirmed).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn wrong() -> Problem {
    Problem::new(ErrorCode::Forbidden, "The password or the passkey is wrong.")
}
