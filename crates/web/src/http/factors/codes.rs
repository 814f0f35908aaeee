//! Codes that people type: one-time passwords and recovery codes.

use madang_hub::factors::{CODE_WINDOW_MS, CodeProof};
use madang_identity::recovery_codes;
use madang_identity::totp::TotpSecret;
use madang_shared::{ErrorCode, Failure, UserId};

use super::seconds;
use crate::http::problem::Problem;
use crate::state::AppState;

/// The proof of a code; none for a wrong one. The store has to use the proof up.
pub(super) async fn check(
    state: &AppState,
    user: UserId,
    code: &str,
) -> Result<Option<CodeProof>, Problem> {
    let now = state.clock.now();
    // Nobody guesses one of these, so they count also while one-time passwords are blocked.
    if let Some(hash) = recovery_codes::hash(code) {
        return Ok(Some(CodeProof::Recovery(hash)));
    }
    let Some(facts) = state.store.totp(user, now).await?.filter(|facts| facts.is_confirmed) else {
        return Ok(None);
    };
    if facts.is_blocked {
        return Err(too_many_codes().into());
    }
    let secret = TotpSecret::from_bytes(&facts.secret);
    let step = secret.and_then(|secret| secret.check(code, seconds(now), facts.last_step));
    if step.is_none() {
        state.store.record_wrong_code(user, now).await?;
    }
    Ok(step.map(CodeProof::Step))
}

/// Uses a code of a signed-in user up.
///
/// # Errors
/// `forbidden` for a wrong code.
pub(in crate::http) async fn require(
    state: &AppState,
    user: UserId,
    code: &str,
) -> Result<(), Problem> {
    if let Some(proof) = check(state, user, code).await?
        && state.store.use_code(user, proof).await?
    {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::Forbidden, WRONG_CODE))
}

/// The sentence about a wrong code.
pub(super) const WRONG_CODE: &str =
    "This code is wrong, or was used before; type the next one that the app shows.";

fn too_many_codes() -> Failure {
    let message = "Too many wrong codes; wait 15 minutes, or use a recovery code.";
    Failure::new(ErrorCode::RateLimited, message).after(CODE_WINDOW_MS)
}
