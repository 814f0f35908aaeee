//! Signing in with a passkey.

use axum::Json;
use axum::response::Response;
use madang_hub::factors::{ChallengeKind, OpenChallenge, VerifiedPasskey};
use madang_identity::passkeys::{AssertionAnswer, PasskeyChallenge, RelyingParty, StoredPasskey};
use madang_shared::ErrorCode;
use madang_shared::factors::PasskeyStart;

use super::{begin as begin_challenge, expired, key, no_randomness, relying_party};
use crate::http::accounts::sign_in_request::SignInRequest;
use crate::http::client_info::ClientInfo;
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::http::session_token::{from_text, to_text};
use crate::state::AppState;

/// Begins a sign-in with a passkey.
pub async fn begin(request: SignInRequest) -> Result<Json<PasskeyStart>, Problem> {
    request.charge_challenge()?;
    let relying_party = require_relying_party(&request.state, &request.client_info)?;
    let challenge = PasskeyChallenge::random().map_err(no_randomness)?;
    let kind = ChallengeKind::PasskeySignIn;
    let token = begin_challenge(&request.state, kind, None, to_text(challenge.0)).await?;
    let options = relying_party.sign_in_options(challenge).to_string();
    Ok(Json(PasskeyStart { challenge: token, options }))
}

/// Ends it. The fields of the body are those of [`madang_shared::factors::PasskeySignIn`].
pub async fn finish(request: SignInRequest, body: JsonObject) -> Result<Response, Problem> {
    let answer: AssertionAnswer = credential(&body)?;
    let token = body.string("challenge")?;
    let delivery = match request.delivery(&body) {
        Ok(delivery) => delivery,
        Err(refusal) => return Ok(*refusal),
    };
    request.charge()?;
    let state = &request.state;
    let relying_party = require_relying_party(state, &request.client_info)?;
    let kind = ChallengeKind::PasskeySignIn;
    let open = state.store.take_challenge(key(token, kind), state.clock.now()).await?;
    let challenge = open.as_ref().and_then(challenge_of).ok_or_else(expired)?;
    let credential_id = answer.credential_id().ok_or_else(unusable)?;
    let found = state.store.passkey(credential_id.clone()).await?.ok_or_else(unusable)?;
    let passkey = StoredPasskey {
        public_key: found.public_key,
        counter: found.counter,
        user_handle: found.user_handle,
    };
    let counter = relying_party.signed_in(challenge, &passkey, &answer).map_err(|error| {
        tracing::warn!(user = found.user.id.0, client = %request.address, %error, "a passkey was refused");
        unusable()
    })?;
    let prepared = request.prepare(delivery)?;
    let verified = VerifiedPasskey {
        credential_id,
        counter_before: passkey.counter,
        counter,
        session: prepared.new.clone(),
    };
    let started = state.store.sign_in_with_passkey(verified).await?;
    request.refund();
    Ok(request.answer(started, prepared, delivery).await)
}

/// The challenge that its content holds.
pub(in crate::http) fn challenge_of(open: &OpenChallenge) -> Option<PasskeyChallenge> {
    from_text(&open.content).map(PasskeyChallenge)
}

/// The browser's answer in a body.
pub(in crate::http) fn credential<T: serde::de::DeserializeOwned>(
    body: &JsonObject,
) -> Result<T, Problem> {
    serde_json::from_str(body.string("credential")?).map_err(|_| {
        let message = "The field `credential` must be the JSON of the browser's answer.";
        Problem::new(ErrorCode::Malformed, message)
    })
}

/// The relying party of a request.
pub(in crate::http) fn require_relying_party(
    state: &AppState,
    client_info: &ClientInfo,
) -> Result<RelyingParty, Problem> {
    relying_party(state, client_info).ok_or_else(|| {
        Problem::new(
            ErrorCode::Unsupported,
            "Passkeys need a name over HTTPS, or localhost; name the origin with `public_origins` in the \
             configuration, and open the server by it.",
        )
    })
}

/// The same refusal for an unknown passkey and for a wrong signature.
fn unusable() -> Problem {
    let message = "This passkey does not sign in here; sign in in another way.";
    Problem::new(ErrorCode::Unauthenticated, message)
}
