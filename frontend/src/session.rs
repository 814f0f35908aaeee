//! The sign-in session, over HTTP: `/api/session`.

use madang_shared::roles::Role;
use madang_shared::session::{CurrentSession, OwnRole, SignUp};
use madang_shared::{ErrorCode, Failure, User, compact};
use serde::de::DeserializeOwned;

use crate::http::{self, Answer, Unanswered};
use crate::workspace;

const PATH: &str = "/api/session";

/// The facts about the server, and the user of this browser's session.
pub(crate) async fn current() -> Result<CurrentSession, Failure> {
    let answer = http::get(PATH, None).await.map_err(unreachable_server)?;
    let session = read(&answer)?;
    // The user of a session is nothing to remember here.
    if session.user.is_none() {
        workspace::remember(&answer.text);
    }
    Ok(session)
}

/// Starts a session with a name. The request before it brings the cookie by which the server sees that cookies come
/// back; the refusal otherwise is `unsupported`.
pub(crate) async fn start(name: &str) -> Result<User, Failure> {
    http::get(PATH, None).await.map_err(unreachable_server)?;
    let body = SignUp { name: name.to_owned(), bearer: false, needs_cookie: true };
    let answer = http::post(PATH, &compact::to_text(&body)).await.map_err(unreachable_server)?;
    read(&answer)?.user.ok_or_else(unexpected_answer)
}

/// The role of the user in the workspace, for the later part of the app; none without an answer.
pub(crate) async fn role() -> Option<Role> {
    let answer = http::get(PATH, None).await.ok()?;
    compact::from_text::<OwnRole>(&answer.text).ok()?.role
}

/// Ends the session.
pub(crate) async fn end() -> Result<(), Failure> {
    let answer = http::delete(PATH).await.map_err(unreachable_server)?;
    if answer.ok() { Ok(()) } else { Err(failure(&answer)) }
}

/// Reads an answer. That to a sign-up has the user in the same form.
fn read(answer: &Answer) -> Result<CurrentSession, Failure> {
    if answer.ok() {
        workspace::read(&answer.text).ok_or_else(unexpected_answer)
    } else {
        Err(failure(answer))
    }
}

/// Reads the state at a path.
pub(crate) async fn load<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    let answer = http::get(path, None).await.map_err(unreachable_server)?;
    if !answer.ok() {
        return Err(failure(&answer));
    }
    compact::from_text(&answer.text).map_err(|_| unexpected_answer())
}

/// The failure in an answer that is a refusal.
pub(crate) fn failure(answer: &Answer) -> Failure {
    // A proxy may have answered instead of the server.
    let unreadable = |_| Failure::new(ErrorCode::Unavailable, answer.status_text.clone());
    compact::from_text(&answer.text).unwrap_or_else(unreadable)
}

/// The failure of a request without an answer.
pub(crate) fn unreachable_server(_: Unanswered) -> Failure {
    unexpected_answer()
}

/// The failure of an answer that cannot be from this server, for example from a proxy.
pub(crate) fn unexpected_answer() -> Failure {
    Failure::new(ErrorCode::Unavailable, "The server cannot be reached.")
}
