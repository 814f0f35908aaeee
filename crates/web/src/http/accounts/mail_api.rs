//! The mail address of an account, and recovery by it: `/api/account/mail`, `POST /api/mail/verify`, and `POST
//! /api/session/recovery`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use madang_hub::accounts::{MailAddress, MailRecipientRequest, NewMailVerification};
use madang_hub::budgets::network::Network;
use madang_hub::policy::name_key;
use madang_hub::sign_in_throttle::{AttemptOrigin, SignInSource};
use madang_mail::Mail;
use madang_shared::mail::{MAX_MAIL_ADDRESS_CHARS, OwnMail};
use madang_shared::{ErrorCode, validate};

use super::confirmation::ConfirmedUser;
use super::device_words::device_words;
use super::link_api::no_link;
use super::secrets;
use super::sign_in_request::SignInRequest;
use crate::http::extract::AuthUser;
use crate::http::json_object::JsonObject;
use crate::http::problem::Problem;
use crate::mail::{MailLang, MailQueue, MailTexts, RecoveryRequest, RequestedFrom};
use crate::state::AppState;

/// The time in which an address can be verified, in milliseconds: a day.
const VERIFICATION_MS: u64 = 24 * 3_600_000;
/// The name of the server in mails, where it has none of its own.
const SERVER_NAME: &str = "Madang";

/// Answers the address of the user.
pub async fn own(State(state): State<AppState>, auth: AuthUser) -> Result<Json<OwnMail>, Problem> {
    let addresses = state.store.mail_addresses(auth.owner()?.id).await?;
    let now = state.clock.now();
    let pending = addresses.pending.filter(|(_, expires_at)| *expires_at > now);
    Ok(Json(OwnMail {
        is_available: state.mail.is_some(),
        address: addresses.verified,
        pending: pending.map(|(address, _)| address),
    }))
}

/// Mails a link to a new address, which counts once somebody has opened it. The fields of the body are those of
/// [`MailAddressRequest`](madang_shared::mail::MailAddressRequest). The answer is the same for the address of another
/// account: its owner alone learns of it.
pub async fn request(
    State(state): State<AppState>,
    confirmed: ConfirmedUser,
    request: SignInRequest,
    headers: HeaderMap,
    body: JsonObject,
) -> Result<StatusCode, Problem> {
    let mail = queue(&state)?;
    let user = confirmed.user();
    let address = MailAddress::parse(body.string("address")?)?;
    let at = state.clock.now();
    mail.count(user.id, &address.key(), at)?;
    let (token, link) = mail.new_link()?;
    let to = address.as_str().to_owned();
    let expires_at = at.plus(VERIFICATION_MS);
    let new = NewMailVerification { user: user.id, address, token, at, expires_at };
    let language = state.store.request_mail_address(new).await?;
    let texts = MailTexts {
        lang: MailLang::of_tag(&language).unwrap_or_else(|| MailLang::of_request(&headers)),
        server: &server_name(&state),
        name: &user.name,
        from: &requested_from(&request, &headers),
        link: &link,
    };
    let (subject, text) = texts.verification();
    mail.send(Mail { to, subject, text, at_ms: at.0 })?;
    tracing::info!(user = user.id.0, "a mail address is to be verified");
    Ok(StatusCode::ACCEPTED)
}

/// Removes the address of the user, also on a server that sends no mail any more.
pub async fn remove(
    State(state): State<AppState>,
    confirmed: ConfirmedUser,
) -> Result<StatusCode, Problem> {
    let user = confirmed.user().id;
    state.store.remove_mail_address(user).await?;
    tracing::info!(user = user.0, "the mail address was removed");
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an account the address to which the link was mailed. The fields of the body are those of
/// [`LinkRequest`](madang_shared::account::LinkRequest).
pub async fn verify(request: SignInRequest, body: JsonObject) -> Result<StatusCode, Problem> {
    let token = secrets::token_hash(body.string("token")?).ok_or_else(no_link)?;
    request.charge()?;
    let state = &request.state;
    let user = state.store.verify_mail_address(token, state.clock.now()).await?;
    request.refund();
    tracing::info!(user = user.0, client = %request.address, "a mail address was verified");
    Ok(StatusCode::NO_CONTENT)
}

/// Mails a recovery link to the verified address of an account. The fields of the body are those of
/// [`MailRecovery`](madang_shared::mail::MailRecovery). The account is looked up after the answer, which is therefore
/// the same, after the same time, for every text.
pub async fn recover(
    request: SignInRequest,
    headers: HeaderMap,
    body: JsonObject,
) -> Result<StatusCode, Problem> {
    let state = &request.state;
    let mail = queue(state)?;
    let typed = body.string("account")?.trim();
    if typed.chars().count() > MAX_MAIL_ADDRESS_CHARS {
        let message = "This is longer than a name or a mail address can be; shorten it.";
        return Err(Problem::new(ErrorCode::TooLong, message));
    }
    request.charge()?;
    let at = state.clock.now();
    let key = name_key(typed);
    let address_key = MailAddress::parse(typed).ok().map(|address| address.key());
    let source = SignInSource::Network(Network::of(request.address));
    // No name has a line break. Every request counts: none is ever right, and none is known to be of its owner.
    let origin = AttemptOrigin { source, is_known: false };
    let throttled = state.sign_ins.account(&format!("recovery\n{key}"));
    state.sign_ins.throttle.begin(throttled, origin, at)?;
    // No account has an invalid name, and an engine may not be able to compare it.
    let name_key = if validate::user_name(typed).is_ok() { key } else { String::new() };
    let account = MailRecipientRequest { name_key, address_key, at };
    mail.recover(RecoveryRequest {
        account,
        server: server_name(state),
        lang: MailLang::of_request(&headers),
        from: requested_from(&request, &headers),
    })?;
    Ok(StatusCode::ACCEPTED)
}

fn queue(state: &AppState) -> Result<&MailQueue, Problem> {
    state.mail.as_ref().ok_or_else(|| {
        let message = "This server sends no mail; ask an administrator for a recovery link.";
        Problem::new(ErrorCode::Unsupported, message).with_status(StatusCode::NOT_FOUND)
    })
}

fn server_name(state: &AppState) -> String {
    state.hub.workspace().name.clone().unwrap_or_else(|| SERVER_NAME.to_owned())
}

fn requested_from(request: &SignInRequest, headers: &HeaderMap) -> RequestedFrom {
    let network = Network::of(request.address).to_string();
    RequestedFrom { device: device_words(headers), network }
}
