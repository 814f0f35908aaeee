//! Who one is, over HTTP: `/api/session`.

use gloo_net::http::{Request, Response};
use madang_shared::session::{SignUp, SignedIn};
use madang_shared::{ErrorCode, Failure, User, compact};

const PATH: &str = "/api/session";

/// Who this browser's session belongs to; none if there is no session.
pub(crate) async fn current() -> Result<Option<User>, Failure> {
    let answer = Request::get(PATH).send().await.map_err(unreachable_server)?;
    if answer.status() == 204 {
        return Ok(None);
    }
    user(answer).await.map(Some)
}

/// Chooses a name, and starts a session with it.
pub(crate) async fn start(name: &str) -> Result<User, Failure> {
    let body = SignUp { name: name.to_owned(), bearer: false };
    let request = Request::post(PATH).header("content-type", "application/json");
    let request = request.body(compact::to_text(&body)).map_err(unreachable_server)?;
    user(request.send().await.map_err(unreachable_server)?).await
}

/// Ends the session.
pub(crate) async fn end() -> Result<(), Failure> {
    let answer = Request::delete(PATH).send().await.map_err(unreachable_server)?;
    if answer.ok() {
        return Ok(());
    }
    Err(failure(answer).await)
}

async fn user(answer: Response) -> Result<User, Failure> {
    if !answer.ok() {
        return Err(failure(answer).await);
    }
    let text = answer.text().await.map_err(unreachable_server)?;
    let signed_in: SignedIn = compact::from_text(&text).map_err(|_| not_ours())?;
    Ok(signed_in.user)
}

/// What a refusal says.
pub(crate) async fn failure(answer: Response) -> Failure {
    // Something between us and the server may have answered in its stead.
    let unreadable = || Failure::new(ErrorCode::Unavailable, answer.status_text());
    let text = answer.text().await.unwrap_or_default();
    compact::from_text(&text).unwrap_or_else(|_| unreadable())
}

/// Nobody answers.
pub(crate) fn unreachable_server(_: gloo_net::Error) -> Failure {
    not_ours()
}

/// Nobody answers, or somebody else does.
pub(crate) fn not_ours() -> Failure {
    Failure::new(ErrorCode::Unavailable, "The server cannot be reached.")
}
