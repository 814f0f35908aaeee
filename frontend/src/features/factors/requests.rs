//! The requests about factors, over HTTP.

use madang_shared::account::{PASSWORD_SIGN_IN_PATH, PasswordSignIn, Secret};
use madang_shared::factors::{
    CONFIRM_TOTP_PATH, CodeEntry, FACTORS_PATH, FINISH_PASSKEY_PATH, FINISH_PASSKEY_SIGN_IN_PATH,
    FactorsInfo, PASSKEY_SIGN_IN_PATH, PASSKEYS_PATH, PasskeyName, PasskeyRegistration,
    PasskeySignIn, PasskeyStart, REMOVE_TOTP_PATH, RecoveryCodes, SECOND_STEP_PATH,
    SIGN_IN_METHODS_PATH, SecondStep, SecondStepNeeded, SignInMethods, TOTP_PATH, TotpStart,
};
use madang_shared::{Failure, User};

use crate::account_requests::{ACCEPTED, answer, done, post, read, user};
use crate::http::{self, Answer};
use crate::session::unreachable_server;

/// The answer to a right password.
pub(crate) enum PasswordAnswer {
    /// A session has begun.
    SignedIn(User),
    /// A code has to follow; the challenge names the sign-in.
    NeedsCode(String),
}

/// Signs in with a name and a password.
pub(crate) async fn sign_in(name: String, password: String) -> Result<PasswordAnswer, Failure> {
    let password = Secret(password);
    let body = PasswordSignIn { name, password, bearer: false, needs_cookie: true };
    password_answer(&post(PASSWORD_SIGN_IN_PATH, &body).await?)
}

/// Reads the answer to a password, or to a one-time link.
pub(crate) fn password_answer(answered: &Answer) -> Result<PasswordAnswer, Failure> {
    if answered.status == ACCEPTED {
        let needed: SecondStepNeeded = answer(answered)?;
        return Ok(PasswordAnswer::NeedsCode(needed.second_step));
    }
    user(answered).map(PasswordAnswer::SignedIn)
}

/// Ends a sign-in with a code.
pub(super) async fn finish_second_step(challenge: String, code: String) -> Result<User, Failure> {
    let body = SecondStep { challenge, code, bearer: false, needs_cookie: true };
    user(&post(SECOND_STEP_PATH, &body).await?)
}

/// The ways to sign in.
pub(super) async fn methods() -> Result<SignInMethods, Failure> {
    read(http::get(SIGN_IN_METHODS_PATH, None).await)
}

/// The factors of the user.
pub(super) async fn factors() -> Result<FactorsInfo, Failure> {
    read(http::get(FACTORS_PATH, None).await)
}

/// Begins a sign-in with a passkey.
pub(super) async fn begin_passkey_sign_in() -> Result<PasskeyStart, Failure> {
    read(http::post(PASSKEY_SIGN_IN_PATH, "{}").await)
}

/// Ends it with the browser's answer.
pub(super) async fn finish_passkey_sign_in(
    challenge: String,
    credential: String,
) -> Result<User, Failure> {
    let body = PasskeySignIn { challenge, credential, bearer: false, needs_cookie: true };
    user(&post(FINISH_PASSKEY_SIGN_IN_PATH, &body).await?)
}

/// Begins the registration of a passkey.
pub(super) async fn begin_passkey() -> Result<PasskeyStart, Failure> {
    read(http::post(PASSKEYS_PATH, "{}").await)
}

/// Ends it with the browser's answer.
pub(super) async fn finish_passkey(
    challenge: String,
    credential: String,
    name: String,
) -> Result<(), Failure> {
    done(&post(FINISH_PASSKEY_PATH, &PasskeyRegistration { challenge, credential, name }).await?)
}

/// Removes a passkey.
pub(super) async fn remove_passkey(id: u64) -> Result<(), Failure> {
    done(&http::delete(&format!("{PASSKEYS_PATH}/{id}")).await.map_err(unreachable_server)?)
}

/// Gives a passkey another name.
pub(super) async fn rename_passkey(id: u64, name: String) -> Result<(), Failure> {
    done(&post(&format!("{PASSKEYS_PATH}/{id}"), &PasskeyName { name }).await?)
}

/// Makes a secret for one-time passwords.
pub(super) async fn begin_totp() -> Result<TotpStart, Failure> {
    read(http::post(TOTP_PATH, "{}").await)
}

/// Confirms the secret with a code.
pub(super) async fn confirm_totp(code: String) -> Result<RecoveryCodes, Failure> {
    answer(&post(CONFIRM_TOTP_PATH, &CodeEntry { code }).await?)
}

/// Switches one-time passwords off.
pub(super) async fn remove_totp(code: String) -> Result<(), Failure> {
    done(&post(REMOVE_TOTP_PATH, &CodeEntry { code }).await?)
}
