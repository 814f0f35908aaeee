//! Who one is, over HTTP: `/api/session`.

use madang_shared::session::{SessionInfo, SignUp};
use madang_shared::{ErrorCode, Failure, User, compact};

use crate::http::{self, Answer, Unanswered};

const PATH: &str = "/api/session";

/// Who this browser's session belongs to; none if there is no session.
pub(crate) async fn current() -> Result<Option<User>, Failure> {
    let answer = http::get(PATH, None).await.map_err(unreachable_server)?;
    if answer.status == 204 {
        return Ok(None);
    }
    user(&answer).map(Some)
}

/// Chooses a name, and starts a session with it.
pub(crate) async fn start(name: &str) -> Result<User, Failure> {
    let body = SignUp { name: name.to_owned(), bearer: false };
    let answer = http::post(PATH, &compact::to_text(&body)).await.map_err(unreachable_server)?;
    user(&answer)
}

/// Ends the session.
pub(crate) async fn end() -> Result<(), Failure> {
    let answer = http::delete(PATH).await.map_err(unreachable_server)?;
    if answer.ok() { Ok(()) } else { Err(failure(&answer)) }
}

fn user(answer: &Answer) -> Result<User, Failure> {
    if !answer.ok() {
        return Err(failure(answer));
    }
    let signed_in: SessionInfo = compact::from_text(&answer.text).map_err(|_| not_ours())?;
    Ok(signed_in.user)
}

/// What a refusal says.
pub(crate) fn failure(answer: &Answer) -> Failure {
    // Something between us and the server may have answered in its stead.
    let unreadable = |_| Failure::new(ErrorCode::Unavailable, answer.status_text.clone());
    compact::from_text(&answer.text).unwrap_or_else(unreadable)
}

/// Nobody answers.
pub(crate) fn unreachable_server(_: Unanswered) -> Failure {
    not_ours()
}

/// Nobody answers, or somebody else does.
pub(crate) fn not_ours() -> Failure {
    Failure::new(ErrorCode::Unavailable, "The server cannot be reached.")
}
