//! The requests about the account and about signing in, over HTTP. They are in the lazy part of the app.

use leptos::prelude::window;
use madang_shared::account::{
    ACCOUNT_DEVICE_PATH, ACCOUNT_PASSWORD_PATH, ACCOUNT_PATH, ACCOUNT_SESSIONS_PATH, AccountInfo,
    CONFIRM_DEVICE_PATH, DEVICE_SIGN_IN_PATH, DeviceCode, DeviceConfirmation, DeviceRequest,
    DeviceSignIn, DeviceState, DeviceTicket, FINISH_DEVICE_PATH, LINK_SIGN_IN_PATH, LINKS_PATH,
    LinkInfo, LinkRequest, LinkSignIn, PasswordChange, Secret,
};
use madang_shared::mail::{
    ACCOUNT_MAIL_PATH, MAIL_RECOVERY_PATH, MailAddressRequest, MailRecovery, VERIFY_MAIL_PATH,
};
use madang_shared::session::SessionInfo;
use madang_shared::{ErrorCode, Failure, User, compact};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

use crate::auth::{Auth, AuthState};
use crate::http::{self, Answer, Unanswered};
use crate::i18n::{Lang, Words};
use crate::offline_cache;
use crate::session::{failure, unexpected_answer, unreachable_server};

/// The status of a device that still waits.
pub(crate) const ACCEPTED: u16 = 202;

/// The answer at a path.
pub(crate) async fn answer_of<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    read(http::get(path, None).await)
}

/// The answer to a message that is sent to a path.
pub(crate) async fn post_to<T: Serialize, A: DeserializeOwned>(
    path: &str,
    body: &T,
) -> Result<A, Failure> {
    answer(&post(path, body).await?)
}

/// Deletes at a path.
pub(crate) async fn delete_at(path: &str) -> Result<(), Failure> {
    done(&http::delete(path).await.map_err(unreachable_server)?)
}

/// The account of the session.
pub(crate) async fn account() -> Result<AccountInfo, Failure> {
    read(http::get(ACCOUNT_PATH, None).await)
}

/// Sets or changes the password.
pub(crate) async fn set_password(password: String, current: String) -> Result<(), Failure> {
    let current = (!current.is_empty()).then_some(Secret(current));
    let body = PasswordChange { password: Secret(password), current };
    done(&post(ACCOUNT_PASSWORD_PATH, &body).await?)
}

/// Ends the session with an id; all others if it is empty.
pub(crate) async fn end_session(id: &str) -> Result<(), Failure> {
    let path = if id.is_empty() {
        ACCOUNT_SESSIONS_PATH.to_owned()
    } else {
        format!("{ACCOUNT_SESSIONS_PATH}/{id}")
    };
    done(&http::delete(&path).await.map_err(unreachable_server)?)
}

/// Makes a code for a second device.
pub(crate) async fn make_device_code() -> Result<DeviceCode, Failure> {
    read(http::post(ACCOUNT_DEVICE_PATH, "{}").await)
}

/// The state of the code.
pub(crate) async fn device_state() -> Result<DeviceState, Failure> {
    read(http::get(ACCOUNT_DEVICE_PATH, None).await)
}

/// Lets the waiting device in.
pub(crate) async fn confirm_device(id: String) -> Result<(), Failure> {
    done(&post(CONFIRM_DEVICE_PATH, &DeviceConfirmation { id }).await?)
}

/// Withdraws the code.
pub(crate) async fn withdraw_device() -> Result<(), Failure> {
    done(&http::delete(ACCOUNT_DEVICE_PATH).await.map_err(unreachable_server)?)
}

/// Reads a one-time link.
pub(crate) async fn read_link(token: String) -> Result<LinkInfo, Failure> {
    answer(&post(LINKS_PATH, &LinkRequest { token: Secret(token) }).await?)
}

/// Signs in with a one-time link, and sets a password unless it is empty. The answer may ask for a code.
pub(crate) async fn use_link(token: String, password: String) -> Result<Answer, Failure> {
    let password = (!password.is_empty()).then_some(Secret(password));
    let body = LinkSignIn { token: Secret(token), password, bearer: false, needs_cookie: true };
    post(LINK_SIGN_IN_PATH, &body).await
}

/// Gives the account the address to which a link was mailed.
pub(crate) async fn verify_mail(token: String) -> Result<(), Failure> {
    done(&post(VERIFY_MAIL_PATH, &LinkRequest { token: Secret(token) }).await?)
}

/// Lets a link be mailed to a new address of the account.
pub(crate) async fn ask_for_mail_address(address: String) -> Result<(), Failure> {
    done(&post(ACCOUNT_MAIL_PATH, &MailAddressRequest { address }).await?)
}

/// Lets a recovery link be mailed to the address of an account.
pub(crate) async fn ask_for_recovery(account: String) -> Result<(), Failure> {
    done(&post(MAIL_RECOVERY_PATH, &MailRecovery { account }).await?)
}

/// Asks the user's other device to let this one in, with a code or the token of a link.
pub(crate) async fn request_device(
    code: Option<String>,
    token: Option<String>,
) -> Result<DeviceTicket, Failure> {
    let body = DeviceRequest { token: token.map(Secret), code: code.map(Secret) };
    answer(&post(DEVICE_SIGN_IN_PATH, &body).await?)
}

/// The user as whom the other device has let this one in; none while it waits.
pub(crate) async fn finish_device(ticket: Secret) -> Result<Option<User>, Failure> {
    let body = DeviceSignIn { ticket, bearer: false, needs_cookie: true };
    let answer = post(FINISH_DEVICE_PATH, &body).await?;
    if answer.status == ACCEPTED { Ok(None) } else { user(&answer).map(Some) }
}

/// Shows the app of the user whose session has begun.
pub(crate) fn enter(auth: Auth, user: User) {
    if matches!(auth.get_untracked(), AuthState::SignedIn(_)) {
        // The app of the former user goes with the page.
        offline_cache::sign_in(&user);
        // Fails for no address of our own.
        window().location().replace("/").ok();
        return;
    }
    show_path("/");
    auth.sign_in(user);
}

/// Replaces the path in the address bar.
pub(crate) fn show_path(path: &str) {
    if let Ok(history) = window().history() {
        // Browsers refuse it when it is called too often; the page works all the same.
        history.replace_state_with_url(&JsValue::NULL, "", Some(path)).ok();
    }
}

/// The token behind `#` in the address, which is taken out of the address bar; empty without one.
pub(crate) fn take_token() -> String {
    let hash = window().location().hash().unwrap_or_default();
    let token = hash.trim_start_matches('#').to_owned();
    if !token.is_empty() {
        show_path(&window().location().pathname().unwrap_or_default());
    }
    token
}

/// A device in words, as the server has them in English.
pub(crate) fn device_name(lang: Lang, device: &str) -> String {
    match (lang, device.split_once(" on ")) {
        (Lang::Ko, Some((program, system))) => format!("{system}의 {program}"),
        _ if device.is_empty() => {
            Words::new("알 수 없는 기기", "Unknown device").of(lang).to_owned()
        }
        _ => device.to_owned(),
    }
}

/// The sentence for a refusal about the account.
pub(crate) fn refusal(lang: Lang, failure: &Failure) -> String {
    let words = match failure.code {
        ErrorCode::Unauthenticated => {
            Words::new("이름이나 비밀번호가 맞지 않습니다.", "The name or the password is wrong.")
        }
        ErrorCode::Forbidden => {
            Words::new("지금 비밀번호가 맞지 않습니다.", "The current password is wrong.")
        }
        ErrorCode::NotFound => Words::new(
            "이미 쓰였거나, 기한이 지났거나, 취소되었습니다. 새로 받아 주세요.",
            "It was used already, has expired, or was withdrawn. Ask for a new one.",
        ),
        ErrorCode::Invalid => Words::new(
            "비밀번호는 열 글자 이상이어야 하고, 아주 흔한 것은 쓸 수 없습니다.",
            "A password has at least ten characters, and is none of the most common ones.",
        ),
        ErrorCode::NameTaken => Words::new(
            "다른 계정에 연결된 주소입니다. 그 계정에서 먼저 지우거나 다른 주소를 쓰세요.",
            "This address belongs to another account. Remove it there first, or use another.",
        ),
        ErrorCode::RateLimited => {
            let seconds = failure.retry_after.unwrap_or(60_000).div_ceil(1_000);
            return match lang {
                Lang::Ko => format!("너무 여러 번 틀렸습니다. {seconds}초 뒤에 다시 해 보세요."),
                Lang::En => format!("Too many wrong attempts. Try again in {seconds} s."),
            };
        }
        ErrorCode::Unsupported => return lang.texts().cookies_blocked.to_owned(),
        ErrorCode::Unavailable => return lang.texts().unreachable.to_owned(),
        _ => return lang.refusal(failure),
    };
    words.of(lang).to_owned()
}

pub(crate) async fn post<T: Serialize>(path: &str, body: &T) -> Result<Answer, Failure> {
    http::post(path, &compact::to_text(body)).await.map_err(unreachable_server)
}

pub(crate) fn read<T: DeserializeOwned>(
    answered: Result<Answer, Unanswered>,
) -> Result<T, Failure> {
    answer(&answered.map_err(unreachable_server)?)
}

pub(crate) fn answer<T: DeserializeOwned>(answer: &Answer) -> Result<T, Failure> {
    done(answer)?;
    compact::from_text(&answer.text).map_err(|_| unexpected_answer())
}

pub(crate) fn done(answer: &Answer) -> Result<(), Failure> {
    if answer.ok() { Ok(()) } else { Err(failure(answer)) }
}

pub(crate) fn user(answered: &Answer) -> Result<User, Failure> {
    answer::<SessionInfo>(answered).map(|session| session.user)
}
