//! HTTP requests through `gloo-net`, with answers as text.

use gloo_net::http::Request;
use web_sys::AbortSignal;

/// An answer of the server.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) status_text: String,
    pub(crate) text: String,
}

impl Answer {
    /// Whether the status is a success.
    pub(crate) fn ok(&self) -> bool {
        matches!(self.status, 200..300)
    }
}

/// There was no answer, or no complete one, or the request was aborted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unanswered;

impl From<gloo_net::Error> for Unanswered {
    fn from(_: gloo_net::Error) -> Self {
        Self
    }
}

/// Gets `path`; `signal` aborts it.
pub(crate) async fn get(path: &str, signal: Option<&AbortSignal>) -> Result<Answer, Unanswered> {
    send(Request::get(path).abort_signal(signal).build()).await
}

/// Sends JSON to `path`.
pub(crate) async fn post(path: &str, json: &str) -> Result<Answer, Unanswered> {
    send(Request::post(path).header("content-type", "application/json").body(json)).await
}

/// Deletes `path`.
pub(crate) async fn delete(path: &str) -> Result<Answer, Unanswered> {
    send(Request::delete(path).build()).await
}

/// Sends a built request, or returns the builder's error. All requests share this function, which saves code.
async fn send(request: Result<Request, gloo_net::Error>) -> Result<Answer, Unanswered> {
    let response = request?.send().await?;
    let text = response.text().await?;
    Ok(Answer { status: response.status(), status_text: response.status_text(), text })
}
