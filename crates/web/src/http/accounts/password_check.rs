//! The check of the password of a user who is signed in, and the record of wrong attempts.

use madang_hub::accounts::RequestOrigin;
use madang_hub::passwords::NormalPassword;
use madang_hub::policy::name_key;
use madang_shared::account::SignInMethod;
use madang_shared::{ErrorCode, User, UserId};

use super::sign_in_request::SignInRequest;
use crate::http::problem::Problem;
use crate::state::AppState;

/// Checks the password of a signed-in user. Wrong ones are slowed down and recorded, as at a sign-in.
///
/// # Errors
/// `forbidden` for a wrong one, `rate_limited` after too many.
pub(super) async fn check_password(
    state: &AppState,
    user: &User,
    request: &SignInRequest,
    password: NormalPassword,
    hash: &str,
) -> Result<(), Problem> {
    let limits = &state.sign_ins;
    let account = limits.account(&name_key(&user.name));
    let attempt = request.attempt_origin(true, false);
    limits.throttle.begin(account, attempt, state.clock.now())?;
    let is_right = match limits.passwords.matches(password, Some(hash.to_owned())).await {
        Ok(is_right) => is_right,
        Err(refused) => {
            limits.throttle.withdraw(account, attempt);
            return Err(refused);
        }
    };
    if !is_right {
        record_refused(state, user.id, request.origin());
        return Err(Problem::new(ErrorCode::Forbidden, "The current password is wrong."));
    }
    limits.throttle.succeeded(account, attempt);
    Ok(())
}

/// Records a wrong attempt. The answer does not wait for it: a name that does not exist has nothing to record.
pub(super) fn record_refused(state: &AppState, user: UserId, origin: RequestOrigin) {
    let (store, at) = (state.store.clone(), state.clock.now());
    state.tasks.spawn(async move {
        let recorded = store.record_refused_attempt(user, SignInMethod::Password, origin, at).await;
        if let Err(error) = recorded {
            tracing::warn!(%error, user = user.0, "a wrong attempt to sign in was not recorded");
        }
    });
}
