//! A second device: a signed-in device shows a code and a link, the new one enters it and waits, the signed-in one lets
//! it in.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use madang_hub::accounts::{LinkMaker, NewLink, SecretHash, WaitingDeviceRequest};
use madang_identity::qr::QrCode;
use madang_shared::account::{
    DeviceCode, DeviceState, DeviceTicket, LinkKind, Secret, WaitingDevice,
};

use super::account_api::AccountSession;
use super::confirmation::ConfirmedUser;
use super::link_api::{address_of, no_link};
use super::secrets;
use super::sign_in_request::SignInRequest;
use crate::http::client_info::ClientInfo;
use crate::http::extract::{AuthUser, CommandUser};
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::state::AppState;

/// The time for which a code can be used, in milliseconds.
const CODE_MS: u64 = 5 * 60_000;

/// Makes a code and a link for a second device.
pub async fn make_code(
    State(state): State<AppState>,
    confirmed: ConfirmedUser,
    client_info: ClientInfo,
) -> Result<(StatusCode, Json<DeviceCode>), Problem> {
    let user = confirmed.user().id;
    let (token, code) = (secrets::random_token()?, secrets::random_code()?);
    let at = state.clock.now();
    let expires_at = at.plus(CODE_MS);
    let link = NewLink {
        token: secrets::token_hash(&token.0).ok_or_else(no_link)?,
        kind: LinkKind::Device,
        user,
        by: LinkMaker::User(user),
        code: secrets::code_hash(&code),
        removes_factors: false,
        at,
        expires_at,
    };
    state.store.add_link(link).await?;
    let link = address_of(&client_info, &token)?;
    let picture = QrCode::of(&link.0);
    let picture = picture.ok_or_else(|| Problem::defect("a link is too long for a QR code"))?;
    let (code, qr_path) = (Secret(secrets::in_groups(&code)), Secret(picture.path));
    let qr_side = u32::try_from(picture.side).unwrap_or_default();
    Ok((StatusCode::CREATED, Json(DeviceCode { code, link, qr_side, qr_path, expires_at })))
}

/// Answers whether a device waits with the user's code.
pub async fn state(
    State(state): State<AppState>,
    auth: AuthUser,
) -> Result<Json<DeviceState>, Problem> {
    let user = auth.owner()?.id;
    let found = state.store.device_code(user, state.clock.now()).await?;
    let open = found.is_some();
    let waiting = found.and_then(|code| code.waiting).filter(|device| !device.is_confirmed);
    let waiting = waiting.map(|device| WaitingDevice {
        id: secrets::public_id(&device.ticket),
        device: device.device,
        network: device.network,
    });
    Ok(Json(DeviceState { open, waiting }))
}

/// Lets the waiting device in. The fields of the body are those of
/// [`DeviceConfirmation`](madang_shared::account::DeviceConfirmation).
pub async fn confirm(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
    headers: HeaderMap,
    client_info: ClientInfo,
    body: JsonObject,
) -> Result<StatusCode, Problem> {
    let user = auth.owner()?.id;
    AccountSession::of(&state, user, &headers, &client_info).await?;
    let id = body.string("id")?;
    let now = state.clock.now();
    let code = state.store.device_code(user, now).await?;
    let waiting = code.and_then(|code| code.waiting);
    let waiting = waiting.filter(|device| secrets::public_id(&device.ticket) == id);
    let ticket = waiting.ok_or_else(no_link)?.ticket;
    state.store.confirm_device(user, ticket, now).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Withdraws the code, and refuses the device that waits with it.
pub async fn withdraw(
    State(state): State<AppState>,
    CommandUser { auth, .. }: CommandUser,
) -> Result<StatusCode, Problem> {
    state.store.withdraw_device(auth.owner()?.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets this device wait. The fields of the body are those of
/// [`DeviceRequest`](madang_shared::account::DeviceRequest).
pub async fn request(
    request: SignInRequest,
    body: JsonObject,
) -> Result<(StatusCode, Json<DeviceTicket>), Problem> {
    let state = &request.state;
    request.charge()?;
    let found = if body.has("token") {
        let secret = secrets::token_hash(body.string("token")?);
        wait(&request, secret.ok_or_else(no_link)?).await?
    } else {
        let code = body.string("code")?;
        // A code is short enough to be guessed.
        let (account, origin) =
            (state.sign_ins.account("\0code"), request.attempt_origin(true, false));
        state.sign_ins.throttle.begin(account, origin, state.clock.now())?;
        let found = wait(&request, secrets::code_hash(code).ok_or_else(no_link)?).await;
        if found.is_ok() {
            state.sign_ins.throttle.succeeded(account, origin);
        }
        found?
    };
    request.refund();
    Ok((StatusCode::CREATED, Json(found)))
}

async fn wait(request: &SignInRequest, secret: SecretHash) -> Result<DeviceTicket, Problem> {
    let ticket = secrets::random_token()?;
    let hash = secrets::token_hash(&ticket.0).ok_or_else(no_link)?;
    let (origin, at) = (request.origin(), request.state.clock.now());
    let waiting = WaitingDeviceRequest { secret, ticket: hash, origin, at };
    let link = request.state.store.request_device(waiting).await?;
    Ok(DeviceTicket { ticket, name: link.user.name, expires_at: link.expires_at })
}

/// Starts the session of this device if it was let in, and answers 202 while it waits. The fields of the body are those
/// of [`DeviceSignIn`](madang_shared::account::DeviceSignIn).
pub async fn finish(request: SignInRequest, body: JsonObject) -> Result<Response, Problem> {
    let ticket = secrets::token_hash(body.string("ticket")?).ok_or_else(no_link)?;
    let delivery = match request.delivery(&body) {
        Ok(delivery) => delivery,
        Err(refusal) => return Ok(*refusal),
    };
    let prepared = request.prepare(delivery)?;
    match request.state.store.finish_device(ticket, prepared.new.clone()).await? {
        Some(started) => Ok(request.answer(started, prepared, delivery).await),
        None => Ok(StatusCode::ACCEPTED.into_response()),
    }
}
