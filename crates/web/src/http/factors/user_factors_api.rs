//! The factors of a signed-in user: passkeys, one-time passwords and recovery codes. An access token reaches none of them.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use madang_hub::factors::{ChallengeKind, PasskeyRecord};
use madang_identity::passkeys::{
    PasskeyChallenge, PasskeyOwner, RegistrationAnswer, random_user_handle,
};
use madang_identity::qr::QrCode;
use madang_identity::recovery_codes::{self, random_codes};
use madang_identity::totp::TotpSecret;
use madang_shared::factors::{
    FactorsInfo, MAX_PASSKEY_NAME_CHARS, PASSKEYS_PATH, PasskeyInfo, PasskeyStart, RecoveryCodes,
    TotpStart,
};
use madang_shared::{ErrorCode, validate};
use serde::{Deserialize, Serialize};

use super::codes::{self, WRONG_CODE};
use super::passkey_api::{challenge_of, credential, require_relying_party};
use super::{begin, expired, key, no_randomness, relying_party, seconds};
use crate::http::accounts::confirmation::ConfirmedUser;
use crate::http::client_info::ClientInfo;
use crate::http::extract::{AuthUser, CommandUser};
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::http::session_token::{from_text, to_text};
use crate::state::AppState;

/// The route of one passkey.
pub const PASSKEY_PATH: &str = "/api/account/passkeys/{id}";
const _: () = assert!(PASSKEYS_PATH.len() + "/{id}".len() == PASSKEY_PATH.len());

/// The name of the server where it has none of its own.
const SERVER_NAME: &str = "Madang";

/// The content of the challenge of a registration.
#[derive(Serialize, Deserialize)]
struct PendingPasskey {
    challenge: String,
    user_handle: String,
}

/// Answers the factors of the user.
pub async fn factors(
    State(state): State<AppState>,
    auth: AuthUser,
    client_info: ClientInfo,
) -> Result<Json<FactorsInfo>, Problem> {
    let user = auth.owner()?;
    let factors = state.store.factors(user.id).await?;
    let passkeys = factors.passkeys.into_iter().map(|passkey| PasskeyInfo {
        id: passkey.id,
        name: passkey.name,
        made_at: passkey.made_at,
        used_at: passkey.used_at,
    });
    Ok(Json(FactorsInfo {
        passkeys_work: relying_party(&state, &client_info).is_some(),
        passkeys: passkeys.collect(),
        totp: factors.has_totp,
        recovery_codes: factors.recovery_codes,
        providers: state.providers.linked(&factors.issuers),
    }))
}

/// Begins the registration of a passkey.
pub async fn begin_passkey(
    State(state): State<AppState>,
    confirmed: ConfirmedUser,
    client_info: ClientInfo,
) -> Result<Json<PasskeyStart>, Problem> {
    let user = confirmed.user();
    let relying_party = require_relying_party(&state, &client_info)?;
    let owner = state.store.passkey_owner(user.id).await?;
    let handle = match owner.user_handle {
        Some(handle) => handle,
        None => random_user_handle().map_err(no_randomness)?.to_vec(),
    };
    let challenge = PasskeyChallenge::random().map_err(no_randomness)?;
    let pending = PendingPasskey { challenge: to_text(challenge.0), user_handle: to_text(&handle) };
    let content = serde_json::to_string(&pending)
        .map_err(|_| Problem::defect("a challenge cannot be written"))?;
    let token = begin(&state, ChallengeKind::NewPasskey, Some(user.id), content).await?;
    let server = state.hub.workspace().name.clone().unwrap_or_else(|| SERVER_NAME.to_owned());
    let owner_of_key = PasskeyOwner { handle: &handle, name: &user.name };
    let options =
        relying_party.registration_options(challenge, &server, owner_of_key, &owner.credential_ids);
    Ok(Json(PasskeyStart { challenge: token, options: options.to_string() }))
}

/// Ends it. The fields of the body are those of [`madang_shared::factors::PasskeyRegistration`].
pub async fn finish_passkey(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    client_info: ClientInfo,
    body: JsonObject,
) -> Result<StatusCode, Problem> {
    let user = auth.owner()?;
    let answer: RegistrationAnswer = credential(&body)?;
    let name = passkey_name(&body)?;
    let relying_party = require_relying_party(&state, &client_info)?;
    let key = key(body.string("challenge")?, ChallengeKind::NewPasskey);
    let open = state.store.take_challenge(key, state.clock.now()).await?;
    let open = open.filter(|open| open.user == Some(user.id)).ok_or_else(expired)?;
    let pending: PendingPasskey = serde_json::from_str(&open.content).map_err(|_| expired())?;
    let of_text = madang_hub::factors::OpenChallenge { user: None, content: pending.challenge };
    let challenge = challenge_of(&of_text).ok_or_else(expired)?;
    let user_handle = from_text::<32>(&pending.user_handle).ok_or_else(expired)?;
    let new = relying_party.registered(challenge, &answer).map_err(|error| {
        tracing::warn!(user = user.id.0, %error, "a new passkey was refused");
        let message = "This passkey cannot be used here; try another device.";
        Problem::new(ErrorCode::Invalid, message)
    })?;
    let record = PasskeyRecord {
        user: user.id,
        user_handle: user_handle.to_vec(),
        credential_id: new.credential_id,
        public_key: new.public_key,
        counter: new.counter,
        name,
        at: state.clock.now(),
    };
    let passkey = state.store.add_passkey(record).await?;
    tracing::info!(user = user.id.0, passkey, "a passkey was registered");
    Ok(StatusCode::CREATED)
}

/// Removes a passkey.
pub async fn remove_passkey(
    State(state): State<AppState>,
    confirmed: ConfirmedUser,
    path: Result<Path<u64>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let user = confirmed.user();
    let Path(id) = path.map_err(|_| no_passkey())?;
    state.store.remove_passkey(user.id, id).await?;
    tracing::info!(user = user.id.0, passkey = id, "a passkey was removed");
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a passkey another name. The body is a [`madang_shared::factors::PasskeyName`].
pub async fn rename_passkey(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    path: Result<Path<u64>, PathRejection>,
    body: JsonObject,
) -> Result<StatusCode, Problem> {
    let user = auth.owner()?.id;
    let Path(id) = path.map_err(|_| no_passkey())?;
    let name = passkey_name(&body)?;
    state.store.rename_passkey(user, id, name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The name of a passkey in a body.
fn passkey_name(body: &JsonObject) -> Result<String, Problem> {
    Ok(validate::one_line(body.string("name")?, MAX_PASSKEY_NAME_CHARS, "A passkey's name")?)
}

fn no_passkey() -> Problem {
    Problem::new(ErrorCode::NotFound, "There is no such passkey; check its number.")
}

/// Makes a secret for one-time passwords. It counts when a code has confirmed it.
pub async fn begin_totp(
    State(state): State<AppState>,
    confirmed: ConfirmedUser,
) -> Result<Json<TotpStart>, Problem> {
    let user = confirmed.user();
    let secret = TotpSecret::random().map_err(no_randomness)?;
    state.store.begin_totp(user.id, secret.as_bytes().to_vec()).await?;
    let server = state.hub.workspace().name.clone().unwrap_or_else(|| SERVER_NAME.to_owned());
    let address = secret.address(&server, &user.name);
    let code = QrCode::of(&address).ok_or_else(|| Problem::defect("an address has no QR code"))?;
    Ok(Json(TotpStart {
        secret: secret.to_text(),
        address,
        qr_side: u32::try_from(code.side).unwrap_or_default(),
        qr_path: code.path,
    }))
}

/// Confirms the secret. The body is a [`madang_shared::factors::CodeEntry`].
pub async fn confirm_totp(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    body: JsonObject,
) -> Result<Json<RecoveryCodes>, Problem> {
    let user = auth.owner()?;
    let now = state.clock.now();
    let code = body.string("code")?;
    let facts = state.store.totp(user.id, now).await?.ok_or_else(expired)?;
    let secret = TotpSecret::from_bytes(&facts.secret).ok_or_else(expired)?;
    let step = secret.check(code, seconds(now), None);
    let step = step.ok_or_else(|| Problem::new(ErrorCode::Forbidden, WRONG_CODE))?;
    let codes = random_codes().map_err(no_randomness)?;
    state.store.confirm_totp(user.id, (facts.secret, step), hashes(&codes)).await?;
    tracing::info!(user = user.id.0, "one-time passwords were switched on");
    Ok(Json(RecoveryCodes { codes }))
}

/// Switches one-time passwords off.
pub async fn remove_totp(
    State(state): State<AppState>,
    confirmed: ConfirmedUser,
    body: JsonObject,
) -> Result<StatusCode, Problem> {
    let user = confirmed.user();
    codes::require(&state, user.id, body.string("code")?).await?;
    state.store.remove_totp(user.id).await?;
    tracing::info!(user = user.id.0, "one-time passwords were switched off");
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces the recovery codes.
pub async fn replace_recovery_codes(
    State(state): State<AppState>,
    confirmed: ConfirmedUser,
    body: JsonObject,
) -> Result<Json<RecoveryCodes>, Problem> {
    let user = confirmed.user();
    codes::require(&state, user.id, body.string("code")?).await?;
    let codes = random_codes().map_err(no_randomness)?;
    state.store.replace_recovery_codes(user.id, hashes(&codes)).await?;
    Ok(Json(RecoveryCodes { codes }))
}

fn hashes(codes: &[String]) -> Vec<[u8; 32]> {
    codes.iter().filter_map(|code| recovery_codes::hash(code)).collect()
}
