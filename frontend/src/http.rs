//! Requests over HTTP through `gloo-net`, and the answer as text.

use gloo_net::http::Request;
use web_sys::AbortSignal;

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) status_text: String,
    pub(crate) text: String,
}

impl Answer {
    /// Whether the server did what it was asked for.
    pub(crate) fn ok(&self) -> bool {
        matches!(self.status, 200..300)
    }
}

/// Nobody answered, or not to the end, or nobody wants the answer any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unanswered;

impl From<gloo_net::Error> for Unanswered {
    fn from(_: gloo_net::Error) -> Self {
        Self
    }
}

/// Asks for what is at `path`, until `signal` says that it is no longer wanted.
pub(crate) async fn get(path: &str, signal: Option<&AbortSignal>) -> Result<Answer, Unanswered> {
    send(Request::get(path).abort_signal(signal).build()).await
}

/// Sends JSON to `path`.
pub(crate) async fn post(path: &str, json: &str) -> Result<Answer, Unanswered> {
    send(Request::post(path).header("content-type", "application/json").body(json)).await
}

/// Asks to delete what is at `path`.
pub(crate) async fn delete(path: &str) -> Result<Answer, Unanswered> {
    send(Request::delete(path).build()).await
}

/// Takes what a builder made of a request, so that all requests share one function.
async fn send(request: Result<Request, gloo_net::Error>) -> Result<Answer, Unanswered> {
    let response = request?.send().await?;
    let text = response.text().await?;
    Ok(Answer { status: response.status(), status_text: response.status_text(), text })
}
